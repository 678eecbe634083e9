"""The settings of the job kinds of the Library view: libraries of a net's layers, and inputs from outside shown to them."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from workers.params import Params
from workers.slicer_params import LayerName

MOST_LAYERS = 24
MOST_SETS = 12
MOST_IMAGES = 200_000
MOST_OUTSIDE = 10_000
SHARES = (0.005, 0.01, 0.02, 0.04, 0.08)  # of the library images, that a library may hold
USUAL_SHARE = 0.02
FORMS = ("raw", "published")  # of consistency
CONFUSIONS = ("softmax", "literal", "published")  # forms of the confusion index
SHOWN_OUTSIDE = 48  # images from outside of which the pixels are kept

Threshold = Annotated[float, Field(gt=0, le=1)]


class LibraryParams(Params):
    """What libraries are made of, and how."""

    layers: Annotated[
        tuple[LayerName, ...],
        Field(
            max_length=MOST_LAYERS,
            title="Layers",
            description="By their names in the network; if none is named, convolutions and linear layers before what follows "
            "them, or the residual blocks of a net that has some: eight at most, as far apart as they go.",
        ),
    ] = ()
    thresholds: Annotated[
        tuple[tuple[Threshold, ...], ...],
        Field(
            max_length=MOST_SETS,
            title="Thresholds",
            description="Sets of a threshold a layer; if there are none, such that libraries hold a share of their images.",
        ),
    ] = ()
    n_images: Annotated[
        int,
        Field(
            ge=10, le=MOST_IMAGES, title="Library images", description="Training images that may be stored, at most."
        ),
    ] = 10_000
    n_tested: Annotated[
        int, Field(ge=10, le=MOST_IMAGES, title="Test images", description="That libraries are asked about, at most.")
    ] = 10_000
    kernel: Annotated[
        float, Field(gt=0, le=1, title="Kernel", description="Of exp(−(1 − h) / kernel), Eq. 2: how fast links fade.")
    ] = 0.01
    top: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            title="Nodes that speak",
            description="The most active; if empty, 3, and 8 for residual nets.",
        ),
    ] = None
    projection: Annotated[
        int | None,
        Field(
            ge=8,
            le=100_000,
            title="Projection",
            description="Activations are projected to so many dimensions at random; cosines are then off by about 1 / √n.",
        ),
    ] = None
    seed: Annotated[
        int,
        Field(
            ge=0, lt=2**32, title="Seed", description="Of the images that are drawn, their order, and the projection."
        ),
    ] = 0

    @field_validator("layers")
    @classmethod
    def _once(cls, layers: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(layers))

    @model_validator(mode="after")
    def _one_each(self) -> "LibraryParams":
        """A threshold a layer, and two layers or more."""
        if len(self.layers) == 1:
            raise PydanticCustomError("layers", "How far layers agree needs two layers or more; one is named")
        if self.thresholds and not self.layers:
            raise PydanticCustomError("thresholds", "Thresholds are those of layers: name the layers too")
        for each in self.thresholds:
            if len(each) != len(self.layers):
                raise PydanticCustomError(
                    "thresholds",
                    "A set has a threshold a layer, {wanted}, and one has {given}",
                    {"wanted": len(self.layers), "given": len(each)},
                )
        return self


class OutsideParams(Params):
    """What is shown to the libraries beside clean test images."""

    source: Annotated[
        Literal["pgd", "fgsm", "letters", "noise", "images"],
        Field(title="Source", description="An attack on test images, or images that the net was not trained for."),
    ] = "pgd"
    norm: Annotated[
        Literal["linf", "l2"], Field(title="Norm", description="In which an attack may change an image by ε.")
    ] = "linf"
    epsilons: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1000)], ...],
        Field(min_length=1, max_length=8, title="ε", description="Of pixels from 0 to 1; a number or several."),
    ] = (0.1, 0.2, 0.3)
    steps: Annotated[int, Field(ge=1, le=1000, title="Steps", description="Of projected gradient descent.")] = 40
    step_size: Annotated[float, Field(gt=0, le=100, title="Step size", description="In the norm.")] = 0.01
    n_images: Annotated[
        int,
        Field(
            ge=10, le=MOST_OUTSIDE, title="Images", description="At most; attacked are such that the net gets right."
        ),
    ] = 1000
    seed: Annotated[int, Field(ge=0, lt=2**32, title="Seed", description="Of what is drawn.")] = 0

    @field_validator("epsilons")
    @classmethod
    def _rising(cls, epsilons: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(epsilons)))
