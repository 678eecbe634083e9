"""Points of a plane, by the million: which lie in an outline, and how dense they are in a window. Pure NumPy."""

import numpy as np


class Plane:
    """Points, sorted once so that each outline is quick.

    Parameters
    ----------
    places : (N, 2) numbers; of more columns the first two count.
    """

    def __init__(self, places: np.ndarray):
        self.x, self.y = places[:, 0].astype(np.float64), places[:, 1].astype(np.float64)
        self.order = np.argsort(self.y, kind="stable")
        self.sorted_y = self.y[self.order]

    def inside(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Mask (N,) of the points in a polygon, by the even-odd rule, as the browser has it (`assets/scatter.js`).

        Each edge is asked of the points at its height only: the work is about the points times how often the outline
        goes up or down, however many corners it has.

        Parameters
        ----------
        xs, ys : (M,) corners, three or more; the last is joined to the first.

        Raises
        ------
        ValueError
            Fewer than three corners, as many x as y are not given, or one is no finite number.
        """
        xs, ys = np.asarray(xs, float), np.asarray(ys, float)
        if xs.ndim != 1 or xs.shape != ys.shape or len(xs) < 3 or not np.isfinite([xs, ys]).all():
            raise ValueError("an outline needs three corners or more, each of them two finite numbers")
        x = self.x[self.order]
        crossed = np.zeros(len(x), bool)
        for corner in range(len(xs)):
            x0, y0, x1, y1 = xs[corner - 1], ys[corner - 1], xs[corner], ys[corner]
            first, end = np.searchsorted(self.sorted_y, sorted((y0, y1)))  # from the lower end, it included, to the upper
            if first < end:
                at = slice(first, end)
                crossed[at] ^= x[at] < x0 + (x1 - x0) * (self.sorted_y[at] - y0) / (y1 - y0)
        mask = np.zeros(len(x), bool)
        mask[self.order] = crossed
        return mask

    def in_box(self, left: float, right: float, bottom: float, top: float) -> np.ndarray:
        """Mask (N,) of the points in a box, its edges included."""
        return (self.x >= left) & (self.x <= right) & (self.y >= bottom) & (self.y <= top)


def density(
    places: np.ndarray, groups: np.ndarray, n_groups: int, window: tuple[float, float, float, float], shape: tuple[int, int]
) -> np.ndarray:
    """How many points of each group lie in each cell of a window.

    Parameters
    ----------
    places : (N, 2).
    groups : (N,) integers from 0 to `n_groups` - 1, such as classes.
    window : left, right, bottom, top; left and bottom edges belong to a cell, the window's right and top ones to the last.
    shape : rows (from the bottom) and columns.

    Returns
    -------
    uint32 array (rows, columns, n_groups)
    """
    left, right, bottom, top = window
    rows, columns = shape
    x, y = places[:, 0], places[:, 1]
    seen = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    column = np.minimum(((x[seen] - left) * (columns / (right - left))).astype(np.int64), columns - 1)
    row = np.minimum(((y[seen] - bottom) * (rows / (top - bottom))).astype(np.int64), rows - 1)
    cell = (row * columns + column) * n_groups + groups[seen]
    return np.bincount(cell, minlength=rows * columns * n_groups).reshape(rows, columns, n_groups).astype(np.uint32)
