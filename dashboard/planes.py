"""Points of a plane, by the million: which lie in an outline, and in which cells of a window. Pure NumPy."""

import numpy as np

Window = tuple[float, float, float, float]  # left, right, bottom, top


class Plane:
    """Points, sorted once so that each outline is quick.

    Parameters
    ----------
    places : (N, 2) numbers; of more columns the first two count.
    """

    def __init__(self, places: np.ndarray):
        self.order = np.argsort(np.ascontiguousarray(places[:, 1])).astype(np.uint32)
        self.x, self.y = places[self.order, 0].astype(np.float64), places[self.order, 1].astype(np.float64)

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return self.order.nbytes + self.x.nbytes + self.y.nbytes

    def inside(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Mask (N,) of the points in a polygon, by the even-odd rule, as the browser has it (`assets/scatter_2d.js`).

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
        crossed = np.zeros(len(self.x), bool)
        for corner in range(len(xs)):
            x0, y0, x1, y1 = xs[corner - 1], ys[corner - 1], xs[corner], ys[corner]
            first, end = np.searchsorted(self.y, sorted((y0, y1)))  # from the lower end, it included, to the upper
            if first < end:
                at = slice(first, end)
                crossed[at] ^= self.x[at] < x0 + (x1 - x0) * (self.y[at] - y0) / (y1 - y0)
        return self._unsorted(crossed)

    def in_box(self, left: float, right: float, bottom: float, top: float) -> np.ndarray:
        """Mask (N,) of the points in a box, its edges included."""
        at_height = (self.y >= bottom) & (self.y <= top)
        return self._unsorted(at_height & (self.x >= left) & (self.x <= right))

    def _unsorted(self, mask: np.ndarray) -> np.ndarray:
        unsorted = np.zeros(len(mask), bool)
        unsorted[self.order] = mask
        return unsorted


def cells_of(places: np.ndarray, window: Window, shape: tuple[int, int]) -> np.ndarray:
    """The cell of a window that each point lies in, row by row from the bottom left; -1 outside of the window.

    Parameters
    ----------
    places : (N, 2); of more columns the first two count.
    window : left and bottom edges belong to a cell, the window's right and top ones to the last.
    shape : rows and columns.

    Returns
    -------
    int64 array (N,)
    """
    left, right, bottom, top = window
    rows, columns = shape
    x, y = places[:, 0], places[:, 1]
    seen = np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))
    column = np.minimum(((x[seen] - left) * (columns / (right - left))).astype(np.int64), columns - 1)
    row = np.minimum(((y[seen] - bottom) * (rows / (top - bottom))).astype(np.int64), rows - 1)
    cells = np.full(len(places), -1)
    cells[seen] = row * columns + column
    return cells
