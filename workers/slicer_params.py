"""The settings of the job kinds of the Slicer view: a slice of the hypercube, and teachers trained on subsets."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from workers.params import Params, each_once

FEWEST_INPUTS, MOST_INPUTS = 3, 5_000
MOST_LAYERS, MOST_EPOCHS, MOST_PAIRS = 200, 100, 12
MOST_CLASS_IMAGES = 10_000
SUBSETS = (100, 500, 1000, 2000)  # images a class, as the paper has them

LayerName = Annotated[str, Field(min_length=1, max_length=200)]


class SliceParams(Params):
    """Which part of dCNN(X, L, C, T) is looked at, and how it is measured."""

    numbers: Annotated[
        tuple[int, ...],
        Field(
            min_length=FEWEST_INPUTS, max_length=MOST_INPUTS, title="Inputs", description="By their numbers in the set."
        ),
    ]
    layers: Annotated[
        tuple[LayerName, ...],
        Field(min_length=1, max_length=MOST_LAYERS, title="Layers", description="By their names in the network."),
    ]
    channels: Annotated[
        tuple[tuple[LayerName, int, int], ...],
        Field(
            max_length=MOST_LAYERS,
            title="Channels",
            description="Of layers that are not looked at whole: the first channel, and the last.",
        ),
    ] = ()
    epochs: Annotated[
        tuple[int, ...],
        Field(min_length=1, max_length=MOST_EPOCHS, title="Epochs", description="Stored ones."),
    ]
    pairs: Annotated[
        tuple[tuple[LayerName, LayerName], ...],
        Field(max_length=MOST_PAIRS, title="Pairs", description="Layers between which channel capacity is measured."),
    ] = ()
    bins: Annotated[
        int, Field(ge=2, le=256, title="Bins", description="Of the histograms of values and distances.")
    ] = 32
    n_neighbors: Annotated[
        int,
        Field(
            ge=2, le=20_000, title="Neighbours", description="k of inter-sample entropy; at most the inputs less one."
        ),
    ] = 1700
    per_map: Annotated[
        bool,
        Field(
            title="Range of each map",
            description="Intra-sample entropy with a range of each map's own, in place of its channel's over slice and epochs.",
        ),
    ] = False
    n_distances: Annotated[
        int,
        Field(
            ge=3,
            le=2_000,
            title="Inputs of capacity",
            description="The first so many, drawn by seed: pairs grow as N².",
        ),
    ] = 500
    seed: Annotated[
        int, Field(ge=0, lt=2**32, title="Seed", description="Of what is drawn, and of the permuted null.")
    ] = 0

    _each_once = field_validator("numbers", "epochs")(each_once)

    @field_validator("layers", "pairs", "channels")
    @classmethod
    def _in_turn(cls, named: tuple) -> tuple:
        """Each once, as they were named."""
        return tuple(dict.fromkeys(named))

    @model_validator(mode="after")
    def _known_pairs(self) -> "SliceParams":
        """Capacity is between layers of the slice, and channels are of such."""
        for name in [*(name for pair in self.pairs for name in pair), *(name for name, _, _ in self.channels)]:
            if name not in self.layers:
                raise PydanticCustomError("unknown_layer", "{name} is no layer of the slice", {"name": name})
        for name, first, last in self.channels:
            if not 0 <= first <= last:
                raise PydanticCustomError(
                    "channels", "Channels of {name} go from 0 on, the first before the last", {"name": name}
                )
        return self


class SubsetsParams(Params):
    """Teachers like that of the study, each trained on so many images a class."""

    per_class: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MOST_CLASS_IMAGES)], ...],
        Field(min_length=1, max_length=8, title="Images a class", description="A teacher is trained on each."),
    ] = SUBSETS
    epochs: Annotated[int, Field(ge=1, le=500, title="Epochs", description="How often each image is seen.")] = 20
    n_neighbors: Annotated[
        int, Field(ge=2, le=20_000, title="Neighbours", description="k of inter-sample entropy, the same for all.")
    ] = 1700
    seed: Annotated[
        int, Field(ge=0, lt=2**32, title="Seed", description="Of the images that are drawn, and of training.")
    ] = 0

    _each_once = field_validator("per_class")(each_once)
