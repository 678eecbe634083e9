"""The settings of Darkroom's own job kinds: names, ranges and what they mean, for forms, keys and workers alike.

Knows no torch and no `models`; tests hold names, defaults and ranges against the science.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

SHA256 = r"^[0-9a-f]{64}$"


class Params(BaseModel):
    """Settings of a job. Defaults are filled in and types fixed before a key is made of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def each_once(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Numbers of images, each once and in order: the same images in any order are the same question.

    Raises
    ------
    ValueError
    """
    if min(numbers) < 0:
        raise ValueError(f"images are numbered from 0; {min(numbers)} is none")
    return tuple(sorted(set(numbers)))


# What a look at files finds of an image set, and of a file of predictions; nobody types it.
FOUND = ("manifest", "count")
FOUND_IN_PREDICTIONS = (*FOUND, "n_classes", "has_labels", "has_images", "has_logits")


# ---- image sets ------------------------------------------------------------------------------------------------------

TestFraction = Annotated[
    float, Field(gt=0, lt=1, title="Kept for testing", description="Share of each class that the teacher never sees.")
]
SplitSeed = Annotated[
    int, Field(ge=0, lt=2**32, title="Split seed", description="Chooses which images are kept for testing.")
]
Manifest = Annotated[
    str, Field(pattern=SHA256, title="Content", description="sha256 of the files, as a look at them found it.")
]
Count = Annotated[int, Field(ge=2, title="Images", description="How many there are, as a look at them found it.")]


class DigitsSource(Params):
    """The 1,797 handwritten digits that come with scikit-learn."""

    kind: Literal["digits"] = "digits"
    test_fraction: TestFraction = 0.2
    seed: SplitSeed = 0


class PublishedSource(Params):
    """A set that torchvision knows: read from the data folder, or downloaded into it on first use."""

    kind: Literal["mnist", "fashion-mnist", "cifar-10", "cifar-100"]


class FolderSource(Params):
    """Pictures in a folder for each class. Where the folder lies is no part of the question: what it holds is."""

    kind: Literal["folder"] = "folder"
    manifest: Manifest
    count: Count
    size: Annotated[
        int | None,
        Field(ge=1, le=1024, title="Size", description="Pixels a side of every image; empty when all are of one size."),
    ] = None
    fit: Annotated[
        Literal["crop", "pad", "stretch"],
        Field(title="Fit", description="Cut out the middle, add bars at the sides, or change the proportion."),
    ] = "crop"
    colour: Annotated[
        Literal["auto", "grey", "colour"],
        Field(title="Channels", description="auto is grey when every picture is."),
    ] = "auto"
    background: Annotated[
        Literal["black", "white"], Field(title="Background", description="Of bars, and of what is transparent.")
    ] = "black"
    test_fraction: TestFraction = 0.2
    seed: SplitSeed = 0


class NpzSource(Params):
    """Arrays in an .npz file: images and labels. Where the file lies is no part of the question: what it holds is."""

    kind: Literal["npz"] = "npz"
    manifest: Manifest
    count: Count
    layout: Annotated[
        Literal["auto", "NHW", "NHWC", "NCHW"],
        Field(title="Axes", description="Which axis is which; auto takes the one of length 1 or 3 for the channels."),
    ] = "auto"
    test_fraction: TestFraction = 0.2
    seed: SplitSeed = 0


AnySource = Annotated[DigitsSource | PublishedSource | FolderSource | NpzSource, Field(discriminator="kind")]


class ImagesParams(Params):
    source: AnySource = DigitsSource()


# ---- teachers --------------------------------------------------------------------------------------------------------

Architecture = Literal[
    "lenet",
    "example-cnn",
    "resnet-20",
    "resnet-32",
    "resnet-44",
    "resnet-56",
    "vgg16-bn",
    "wide-resnet-16-4",
    "wide-resnet-28-10",
]
OWN_ARCHITECTURE = r"[a-z0-9][a-z0-9-]*@[0-9a-f]{12}"  # of a file of --models: its name, and the file's content


def known_or_own(name: str) -> str:
    """Refuses what cannot be the name of an architecture."""
    known = get_args(Architecture)
    if name in known or re.fullmatch(OWN_ARCHITECTURE, name):
        return name
    raise PydanticCustomError(
        "unknown_architecture",
        "It should be {known}, or the whole name of one of --models, such as my-net@3f786850e387",
        {"known": ", ".join(known)},
    )


class WeightsFile(Params):
    """Weights that were trained elsewhere. Where the file lies is no part of the question: what it holds is."""

    manifest: Manifest
    normalisation: Annotated[
        Literal["images", "imagenet", "none"],
        Field(
            title="Normalisation",
            description="What the network was trained with: mean and deviation of the images, ImageNet's, or none.",
        ),
    ] = "images"


class TeacherParams(Params):
    architecture: Annotated[
        str, AfterValidator(known_or_own), Field(title="Architecture", description="The network that is asked.")
    ] = "lenet"
    weights: Annotated[
        WeightsFile | None, Field(title="Weights", description="Of a file, in place of random ones.")
    ] = None
    epochs: Annotated[
        int,
        Field(ge=0, le=1000, title="Epochs", description="How often each training image is seen; 0 trains nothing."),
    ] = 12
    batch_size: Annotated[int, Field(ge=1, le=65536, title="Batch size", description="Images a step.")] = 64
    learning_rate: Annotated[
        float,
        Field(
            gt=0,
            title="Learning rate",
            description="The highest of the schedule. 0.002 suits Adam and AdamW, 0.0005 RMSprop, 0.05 SGD.",
        ),
    ] = 2e-3
    optimizer: Annotated[
        Literal["adam", "adamw", "rmsprop", "sgd"], Field(title="Optimiser", description="What takes the steps.")
    ] = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1, title="Momentum", description="Of SGD and RMSprop.")] = 0.9
    nesterov: Annotated[bool, Field(title="Nesterov", description="Whether SGD's momentum looks ahead.")] = True
    schedule: Annotated[
        Literal["constant", "cosine", "one-cycle", "step"],
        Field(
            title="Schedule",
            description="How the learning rate goes: as it is, down a cosine, up and down again, or by tenths at half "
            "and three quarters.",
        ),
    ] = "one-cycle"
    weight_decay: Annotated[
        float, Field(ge=0, title="Weight decay", description="L2 penalty on all weights; AdamW's is decoupled.")
    ] = 0.0
    dropout: Annotated[
        float | None,
        Field(ge=0, lt=1, title="Dropout", description="Share of units dropped; empty for the architecture's own."),
    ] = None
    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, title="Label smoothing", description="Share of a label spread over all classes.")
    ] = 0.0
    shift: Annotated[
        int, Field(ge=0, le=1024, title="Shift", description="Training images move by up to so many pixels.")
    ] = 0
    flip: Annotated[bool, Field(title="Flip", description="Half of the training images are mirrored.")] = False
    crop: Annotated[
        float,
        Field(
            gt=0, le=1, title="Crop", description="Least share of the sides that is cut out and enlarged; 1 is none."
        ),
    ] = 1.0
    patience: Annotated[
        int | None,
        Field(
            ge=1,
            title="Patience",
            description="Stops after so many epochs without a better test loss; empty for never.",
        ),
    ] = None
    seed: Annotated[
        int,
        Field(
            ge=0,
            lt=2**32,
            title="Seed",
            description="Chooses the first weights, the order, and what is left to chance.",
        ),
    ] = 0


class PredictionsParams(Params):
    pass


# ---- maps ------------------------------------------------------------------------------------------------------------


METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}  # and what people call them

# The settings that a method asks for, beside those of every map.
METHOD_SETTINGS = {"pca": (), "tsne": ("perplexity", "seed"), "umap": ("n_neighbors", "min_dist", "seed")}


class EmbeddingParams(Params):
    """A map. What the method does not ask for stays at its default, so that equal questions have equal keys."""

    method: Annotated[Literal["pca", "tsne", "umap"], Field(title="Method", description="How the map is made.")] = "pca"
    of: Annotated[
        Literal["pixels", "features", "logits", "probabilities"],
        Field(
            title="Of",
            description="What is mapped: the images, what the teacher's last layer is given, or what it says.",
        ),
    ] = "features"
    n_components: Annotated[
        Literal[2, 3], Field(title="Dimensions", description="2 for a plane, 3 for a space that turns.")
    ] = 2
    perplexity: Annotated[
        float,
        Field(
            ge=1,
            le=500,
            title="Perplexity",
            description="About how many neighbours of its own a point is to stay near.",
        ),
    ] = 30.0
    n_neighbors: Annotated[
        int,
        Field(
            ge=2,
            le=500,
            title="Neighbours",
            description="How many points make a neighbourhood: few show detail, many the whole.",
        ),
    ] = 15
    min_dist: Annotated[
        float,
        Field(ge=0, le=1, title="Least distance", description="How close points may come; 0 packs clusters tightly."),
    ] = 0.1
    seed: Annotated[int, Field(ge=0, lt=2**32, title="Seed", description="Chooses what is left to chance.")] = 0

    @model_validator(mode="before")
    @classmethod
    def _forget_unused(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        used = METHOD_SETTINGS.get(given.get("method", "pca"))
        if used is None:  # no method: said by its field
            return given
        others = {name for names in METHOD_SETTINGS.values() for name in names} - set(used)
        return {name: value for name, value in given.items() if name not in others}

    @property
    def settings(self) -> dict[str, Any]:
        """Those that the method asks for."""
        return {name: getattr(self, name) for name in METHOD_SETTINGS[self.method]}


# ---- the tree of classes ---------------------------------------------------------------------------------------------


class HierarchyParams(Params):
    pass


# ---- predictions alone -----------------------------------------------------------------------------------------------

StatedOutputs = Annotated[
    Literal["auto", "logits", "probabilities"],
    Field(title="Outputs", description="What the numbers of the file are; auto tells by the numbers, and says why."),
]


class GivenParams(Params):
    """What some classifier said, from a file, without the classifier. Where the file lies is no part of the question:
    what it holds is. All but `outputs` is as a look at the file found it."""

    manifest: Manifest
    count: Annotated[int, Field(ge=1, title="Predictions", description="How many images the file speaks of.")]
    n_classes: Annotated[int, Field(ge=2, title="Classes", description="How many outputs an image has.")]
    has_labels: Annotated[bool, Field(title="Labels", description="Whether the file holds the true classes.")]
    has_images: Annotated[bool, Field(title="Images", description="Whether the file holds what was classified.")]
    has_logits: Annotated[bool, Field(title="Logits", description="Whether the outputs are logits.")]
    outputs: StatedOutputs = "auto"


# ---- a look at files -------------------------------------------------------------------------------------------------


class LookParams(Params):
    """What lies at a place on the workers' machine. `asked` makes each look a new one: files change, keys do not."""

    what: Literal["folder", "npz", "weights", "predictions"]
    size: int | None = Field(None, ge=1, le=1024)  # of a folder's pictures, where they have several
    outputs: StatedOutputs = "auto"  # of a file of predictions
    path: Annotated[
        str, Field(min_length=1, title="Place", description="A path on the machine that the workers run on.")
    ]
    asked: float
