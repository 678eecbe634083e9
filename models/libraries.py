"""Library networks of several layers of a net at several sets of thresholds: made in as much memory as is allowed, asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from models.hypercube import FLOAT, Hypercube, Layer
from models.library import LibraryNetwork, projected
from models.library_measures import consistency
from models.library_thresholds import threshold_for
from models.progress import Callback, part_of, silent

HELD = 3 * 2**30  # bytes of activations that are held at once
MOST_USUAL = 8  # layers
TOP, TOP_OF_BLOCKS = 3, 8  # nodes that speak, of plain and of residual nets
PUBLISHED_TOP = 20  # nodes of the published form of consistency
GIB = 2**30


@dataclass(frozen=True)
class LibrarySettings:
    """What all libraries of a net have in common; see `LibraryNetwork`."""

    kernel: float = 0.01
    top: int = TOP
    projection: int | None = None
    random_state: int = 0
    device: str | torch.device = "cpu"

    def library(self, threshold: float) -> LibraryNetwork:
        """A library of activations as `rows` has them."""
        return LibraryNetwork(threshold, self.kernel, self.top, device=self.device)

    def rows(self, activations: np.ndarray) -> np.ndarray:
        """Activations (N, ...) as rows (N, D), projected if that is wanted."""
        flat = activations.reshape(len(activations), -1)
        return flat if self.projection is None else projected(flat, self.projection, self.random_state)


def usual_layers(known: Sequence[Layer]) -> list[str]:
    """The layers to look at: residual blocks and linear layers where there are blocks, else convolutions and linear layers, as
    they are before what follows them; eight at most, the first and the last among them, and others as far apart as they go."""
    blocks = any(layer.kind == "block" for layer in known)
    wanted = ("block", "linear") if blocks else ("convolution", "linear")
    names = [layer.name for layer in known if layer.kind in wanted]
    places = np.unique(np.rint(np.linspace(0, len(names) - 1, min(MOST_USUAL, len(names)))).astype(int))
    return [names[place] for place in places]


def usual_top(known: Sequence[Layer]) -> int:
    """How many nodes speak: 3 in plain nets, 8 in residual ones, as in the paper."""
    return TOP_OF_BLOCKS if any(layer.kind == "block" for layer in known) else TOP


class Asked(NamedTuple):
    """What libraries say of N inputs.

    Attributes
    ----------
    scores : float32 array (S, L, N, K)
        P of Eq. 3, by set of thresholds and layer.
    consistency : float32 array (2, S, N)
        CPL, Eq. 5: over the scores, and as the published code has it.
    """

    scores: np.ndarray
    consistency: np.ndarray


class Libraries:
    """The libraries of a net.

    Parameters
    ----------
    names : L of them
        Of the layers.
    sets : S × L libraries
    settings : LibrarySettings
    """

    def __init__(
        self, names: Sequence[str], sets: Sequence[Sequence[LibraryNetwork]], settings: LibrarySettings
    ) -> None:
        self.names, self.sets, self.settings = list(names), [list(each) for each in sets], settings

    @classmethod
    def fit(
        cls,
        cube: Hypercube,
        epoch: int,
        names: Sequence[str],
        numbers: Sequence[int],
        answers: np.ndarray,
        n_classes: int,
        settings: LibrarySettings,
        thresholds: Sequence[Sequence[float]] = (),
        sizes: Sequence[int] = (),
        held: int = HELD,
        callback: Callback = silent,
    ) -> "Libraries":
        """Make libraries of inputs, in their order.

        Layers are recorded some at a time, as many as `held` allows, and each is gone through once a library: the nodes, then
        the links.

        Parameters
        ----------
        cube : Hypercube
        epoch : int
            Of the net.
        names : of the layers.
        numbers : N of them
            Of the inputs.
        answers : int array (N,)
            The net's, of the inputs.
        n_classes : int
        settings : LibrarySettings
        thresholds : S × L
            θ; or none, and `sizes` says how large libraries are to be.
        sizes : S of them, rising
            Nodes that each layer's library is to have, about; see `threshold_for`.
        held : int
            Bytes of activations at once.
        callback : Callback

        Returns
        -------
        Libraries

        Raises
        ------
        ValueError
            If a layer does not fit into `held`; it says what would.
        Cancelled
            If the callback raises it.
        """
        groups = _groups(cube, epoch, names, len(numbers), settings, held)
        made: dict[str, list[LibraryNetwork]] = {}
        for group in groups:
            share = 1 / len(groups)
            begun = groups.index(group) * share
            rows = _recorded(cube, epoch, group, numbers, settings, part_of(callback, begun, begun + 0.3 * share))
            for place, name in enumerate(group):
                start = begun + share * (0.3 + 0.7 * place / len(group))
                tell = part_of(callback, start, start + 0.7 * share / len(group))
                of_layer = [each[names.index(name)] for each in thresholds] if thresholds else None
                made[name] = _of_layer(name, rows.pop(name), answers, n_classes, settings, of_layer, sizes, tell)
        count = len(thresholds) or len(sizes)
        return cls(names, [[made[name][at] for name in names] for at in range(count)], settings)

    def ask(self, cube: Hypercube, epoch: int, numbers: Sequence[int], callback: Callback = silent) -> Asked:
        """What the libraries say of inputs; see `fit`."""
        n_classes, count = self.sets[0][0].links_.shape[1], len(numbers)
        scores = np.empty((len(self.sets), len(self.names), count, n_classes), np.float32)
        agreed = np.empty((2, len(self.sets), count), np.float32)
        for rows, given in cube.batches(numbers, self.names, epoch):
            flat = {name: self.settings.rows(values) for name, values in given.items()}
            for at, libraries in enumerate(self.sets):
                raw, published = [], []
                for name, library in zip(self.names, libraries, strict=True):
                    cosines, places = library.most_active(flat[name], max(library.top, PUBLISHED_TOP))
                    raw.append(library.scores(cosines[:, : library.top], places[:, : library.top]))
                    published.append(library.scores(cosines[:, :PUBLISHED_TOP], places[:, :PUBLISHED_TOP]))
                scores[at, :, rows] = np.stack(raw)
                agreed[0, at, rows] = consistency(raw)
                agreed[1, at, rows] = consistency(published, "published")
            callback(rows.stop / count, f"{rows.stop:,} of {count:,} inputs asked about")
        return Asked(scores, agreed)


def _groups(
    cube: Hypercube, epoch: int, names: Sequence[str], count: int, settings: LibrarySettings, held: int
) -> list[list[str]]:
    """Layers that are recorded together."""
    known, groups, room = cube.layers(epoch), [], 0
    for name in names:
        if name not in known:
            raise ValueError(f"There is no layer {name!r}; there are {', '.join(known)}.")
        width = int(np.prod(known[name].shape))
        size = FLOAT * count * min(width, settings.projection or width)
        if size > held:
            raise ValueError(
                f"Layer {name!r} of {count:,} inputs takes {size / GIB:.1f} GiB, and {held / GIB:.1f} GiB may be held: "
                f"{held * count // size:,} inputs would fit, or a projection to {held // (FLOAT * count):,} dimensions."
            )
        if not groups or size > room:
            groups.append([])
            room = held
        groups[-1].append(name)
        room -= size
    return groups


def _recorded(
    cube: Hypercube,
    epoch: int,
    names: Sequence[str],
    numbers: Sequence[int],
    settings: LibrarySettings,
    callback: Callback,
) -> dict[str, np.ndarray]:
    """The rows of layers, float32 (N, D) each."""
    held: dict[str, np.ndarray] = {}
    for rows, given in cube.batches(numbers, names, epoch):
        for name, values in given.items():
            flat = settings.rows(values)
            held.setdefault(name, np.empty((len(numbers), flat.shape[1]), np.float32))[rows] = flat
        callback(rows.stop / len(numbers), f"{', '.join(names)}: {rows.stop:,} of {len(numbers):,} inputs recorded")
    return held


def _of_layer(
    name: str,
    rows: np.ndarray,
    answers: np.ndarray,
    n_classes: int,
    settings: LibrarySettings,
    thresholds: Sequence[float] | None,
    sizes: Sequence[int],
    callback: Callback,
) -> list[LibraryNetwork]:
    """A layer's libraries, one a set."""
    made, least, count = [], 0.0, len(thresholds or sizes)
    for at in range(count):
        tell = part_of(callback, at / count, (at + 1) / count)
        if thresholds is None:
            least = threshold_for(lambda: [rows], sizes[at], least, part_of(tell, 0, 0.6), device=settings.device)
        threshold = least if thresholds is None else thresholds[at]
        rest = part_of(tell, 0.6 if thresholds is None else 0, 1)
        library = settings.library(threshold).fit(rows, answers, n_classes, rest)
        tell(1, f"{name}, θ {threshold:g}: {library.size_:,} nodes")
        made.append(library)
    return made
