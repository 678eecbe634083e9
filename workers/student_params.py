"""The settings of the job kinds that distil students: that of an image, and those of all images of a selection."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from workers.params import Params, each_once

MOST_NEIGHBOURS = 4096
MOST_STUDENTS = 2000  # of a selection: a second each, about


class DistilParams(Params):
    """How neighbours are drawn, and how a student learns from them."""

    width: Annotated[
        float,
        Field(
            gt=0, le=200, title="Band width", description="Where neighbours are drawn from, in % of each axis' range."
        ),
    ] = 15.0
    neighbours: Annotated[
        int, Field(ge=2, le=MOST_NEIGHBOURS, title="Neighbours", description="That the student learns from.")
    ] = 512
    held_out: Annotated[
        int,
        Field(
            ge=16, le=MOST_NEIGHBOURS, title="Held out", description="Neighbours that it is judged by and never sees."
        ),
    ] = 256
    distribution: Annotated[
        Literal["uniform", "normal"],
        Field(
            title="Distribution", description="Of the neighbours: even over the band, or more of them near the line."
        ),
    ] = "uniform"
    residual: Annotated[
        bool, Field(title="Residual", description="Whether what the VAE loses of the image is added back.")
    ] = True
    temperature: Annotated[
        float,
        Field(
            gt=0,
            le=1000,
            title="Temperature",
            description="T of the soft targets: the higher, the more the classes that lose count. Bars are shown at T = 1.",
        ),
    ] = 10.0
    epochs: Annotated[
        int, Field(ge=1, le=1000, title="Epochs", description="How often each neighbour is seen; steps of L-BFGS.")
    ] = 10
    batch_size: Annotated[int, Field(ge=1, le=65536, title="Batch size", description="Neighbours a step.")] = 128
    optimizer: Annotated[
        Literal["adam", "gradient-descent", "momentum", "lbfgs"],
        Field(title="Optimiser", description="What takes the steps; gradient descent is the original's."),
    ] = "adam"
    learning_rate: Annotated[
        float, Field(gt=0, le=100, title="Learning rate", description="How far each step goes.")
    ] = 0.05
    centred: Annotated[
        bool,
        Field(
            title="Centred",
            description="Begin with the teacher's mean answer and learn from how pixels differ; off: as the original.",
        ),
    ] = True
    init: Annotated[
        Literal["zero", "random"], Field(title="First weights", description="Zero, or small random numbers.")
    ] = "zero"
    l1: Annotated[
        float, Field(ge=0, le=100, title="L1", description="Weight of Σ|w|: pushes weights that decide little to zero.")
    ] = 0.0
    l2: Annotated[float, Field(ge=0, le=100, title="L2", description="Weight of Σw²: smooths what pixels share.")] = 0.0
    hard_weight: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title="Hard labels",
            description="Share of the loss that asks for the teacher's answer alone; the soft part counts T² times then.",
        ),
    ] = 0.0
    tree_depth: Annotated[
        int, Field(ge=1, le=8, title="Tree depth", description="Questions that the tree asks at most.")
    ] = 3
    seed: Annotated[
        int, Field(ge=0, lt=2**32, title="Seed", description="Draws the neighbours, and shuffles them.")
    ] = 0


class StudentParams(DistilParams):
    """A linear student of one image's neighbours, and a tree."""

    number: Annotated[int, Field(ge=0, title="Image", description="By its number in the set.")]
    centre: Annotated[
        tuple[float, ...] | None,
        Field(
            title="Line", description="The code about which neighbours are drawn; the image's own where none is given."
        ),
    ] = None
    widths: Annotated[
        tuple[tuple[float, float], ...] | None,
        Field(
            title="Band",
            description="Half-widths below and above, an axis each; the band width everywhere if not given.",
        ),
    ] = None


class StudentsParams(DistilParams):
    """A student of each image of a selection, and what those of one pair of classes have in common."""

    numbers: Annotated[
        tuple[int, ...],
        Field(min_length=1, max_length=MOST_STUDENTS, title="Images", description="By their numbers in the set."),
    ]

    _each_once = field_validator("numbers")(each_once)
