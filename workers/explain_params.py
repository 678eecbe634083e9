"""The settings of the job kinds that explain answers: of an image, by several methods, and of all images of a selection."""

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from workers.params import Params, each_once

MethodName = Literal[
    "relabel",
    "relabel-contribution",
    "student",
    "grad-cam",
    "guided-grad-cam",
    "score-cam",
    "integrated-gradients",
    "smooth-grad",
    "occlusion",
    "lime",
    "kernel-shap",
    "rise",
]
METHODS: tuple[MethodName, ...] = get_args(MethodName)
CONTROLS = ("edges", "chance")  # are always made
TITLES = {
    "relabel": "Re-label",
    "relabel-contribution": "Re-label × image",
    "student": "Student × image",
    "grad-cam": "Grad-CAM",
    "guided-grad-cam": "Guided Grad-CAM",
    "score-cam": "Score-CAM",
    "integrated-gradients": "Integrated gradients",
    "smooth-grad": "SmoothGrad",
    "occlusion": "Occlusion",
    "lime": "LIME",
    "kernel-shap": "KernelSHAP",
    "rise": "RISE",
    "edges": "Edges",
    "chance": "Chance",
}
MOST_EXPLAINED = 1000  # images of a selection
MOST_SAMPLES = 10_000
SHOWN_SYNTHETICS = 400  # of which the pixels are kept


class ExplainingParams(Params):
    """Which methods explain, and how."""

    methods: Annotated[
        tuple[MethodName, ...],
        Field(min_length=1, title="Methods", description="Two controls are made beside: edges, and chance."),
    ] = METHODS
    layer: Annotated[
        str,
        Field(
            title="Layer",
            description="Whose feature maps Grad-CAM, guided Grad-CAM and Score-CAM look at; the last one if not given.",
        ),
    ] = ""
    n_samples: Annotated[
        int,
        Field(ge=10, le=MOST_SAMPLES, title="Synthetic images", description="That re-label distillation learns from."),
    ] = 1000
    scale: Annotated[
        float | None,
        Field(
            gt=0,
            le=1000,
            title="Scale",
            description="Of the posterior's deviations; if empty, one at which 20 to 80 % of the labels flip.",
        ),
    ] = None
    soft_weight: Annotated[
        float, Field(ge=0, le=100, title="Soft weight", description="Of how far student and teacher are apart.")
    ] = 0.7
    hard_weight: Annotated[
        float, Field(ge=0, le=100, title="Hard weight", description="Of how far the student is from the re-label.")
    ] = 0.3
    l2: Annotated[float, Field(ge=0, le=100, title="L2", description="Weight of Σw²; 0 is the paper's own loss.")] = (
        3e-3
    )
    residual: Annotated[
        bool, Field(title="Residual", description="Whether what the VAE loses of the image is added back.")
    ] = True
    seed: Annotated[int, Field(ge=0, lt=2**32, title="Seed", description="Of all that is drawn.")] = 0

    @field_validator("methods")
    @classmethod
    def _in_order(cls, methods: tuple[MethodName, ...]) -> tuple[MethodName, ...]:
        """The same methods in any order are the same question."""
        return tuple(name for name in METHODS if name in methods)


class ExplainParams(ExplainingParams):
    """Why the teacher answers as it does of one image."""

    number: Annotated[int, Field(ge=0, title="Image", description="By its number in the set.")]
    plane: Annotated[
        Literal["pca", "tsne"],
        Field(title="Plane", description="How synthetic images are laid out: principal components, or t-SNE."),
    ] = "pca"
    check: Annotated[
        bool,
        Field(
            title="Randomisation check",
            description="Whether each method is asked of a teacher with shuffled weights too, which must change its map.",
        ),
    ] = True


class RankParams(ExplainingParams):
    """Which method explains the answers for the images of a selection best."""

    numbers: Annotated[
        tuple[int, ...],
        Field(min_length=1, max_length=MOST_EXPLAINED, title="Images", description="By their numbers in the set."),
    ]

    _each_once = field_validator("numbers")(each_once)
