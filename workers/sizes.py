"""About how many bytes results take, by the parameters of their jobs and the metadata of what these take: asked before anything
is computed, so that what does not fit is refused in time."""

from collections.abc import Mapping
from typing import Any

from workers.darksight_params import ConfidenceParams, DarkSightParams, MapWorthParams
from workers.explain_params import CONTROLS, SHOWN_SYNTHETICS, ExplainParams, RankParams
from workers.latent_params import CounterfactualParams
from workers.library_params import CONFUSIONS, FORMS, SHARES, SHOWN_OUTSIDE, LibraryParams, OutsideParams
from workers.params import EmbeddingParams, GivenParams, HierarchyParams, ImagesParams, TeacherParams
from workers.slicer_params import SliceParams, SubsetsParams
from workers.student_params import StudentParams, StudentsParams
from workers.vae_params import CodesParams, VaeParams

Metas = Mapping[str, Mapping[str, Any]]

DENSITY_GRID = 160  # places a side at which a DarkSight map tells its density
CURVE_POINTS = 501  # shares at which a reject curve is told
CODE_BINS = 40  # of the histogram of a latent value
VAE_SIDE = 64  # pixels of an image inside a VAE, at most
N_MEASURES, N_MAP_MEASURES = 5, 2  # of confidence: of predictions alone, and of a map
STORED_EPOCHS = 10  # at most; `models.training.default_stored_epochs`
TRAIN_AND_TEST = {"digits": 1_797, "mnist": 70_000, "fashion-mnist": 70_000, "cifar-10": 60_000, "cifar-100": 60_000}

# Trained numbers of the architectures, for images of three channels (of one: a little less) and ten classes. What
# `learn_sizes` adds stays true, as the name of an architecture from a file carries the file's content.
N_WEIGHTS = {
    "lenet": 431_080,
    "example-cnn": 1_625_866,
    "resnet-20": 272_474,
    "resnet-32": 466_906,
    "resnet-44": 661_338,
    "resnet-56": 855_770,
    "vgg16-bn": 15_253_578,
    "wide-resnet-16-4": 2_748_890,
    "wide-resnet-28-10": 36_479_194,
}


def learn_sizes(architectures: Mapping[str, Mapping[str, Any]]) -> None:
    """Takes in how large the architectures are that the workers tell of: those of a user's own are known by that alone."""
    N_WEIGHTS.update({name: told["n_weights"] for name, told in architectures.items() if "n_weights" in told})


def image_bytes(params: ImagesParams, metas: Metas) -> int:
    """Labels, and atlas pages of about a kilobyte a tile; the pixels of the digits, while others' lie on disk."""
    source = params.source
    count = TRAIN_AND_TEST.get(source.kind) or source.count  # pyright: ignore[reportAttributeAccessIssue]
    return count * (8 + 1000 + (784 if source.kind == "digits" else 0))


def teacher_bytes(params: TeacherParams, metas: Metas) -> int:
    """The weights of each stored epoch; nothing for an architecture that nobody has told of, which no worker can make."""
    return 4 * N_WEIGHTS.get(params.architecture, 0) * min(STORED_EPOCHS, params.epochs + 1)


def embedding_bytes(params: EmbeddingParams, metas: Metas) -> int:
    """A number an image and dimension."""
    return 4 * params.n_components * metas["images"]["count"]


def hierarchy_bytes(params: HierarchyParams, metas: Metas) -> int:
    """The mean probabilities of each class, a fork for each but one, and two orders of them; a header each."""
    n_classes = metas["images"]["n_classes"]
    return 4 * n_classes**2 + 40 * n_classes + 512


def darksight_bytes(params: DarkSightParams, metas: Metas) -> int:
    """Of each image its place and density, the three likeliest classes of teacher and student, and its place once more in
    the map as it was learned, which a network's holds twice; of each class its centre and prior; a grid of densities; and the
    network. A header an array."""
    n_classes, row = metas["images"]["n_classes"], 57
    network = 0
    if params.parametric:
        row, network = row + 9, 512 * (2 * n_classes + 132)
    return metas["images"]["count"] * row + 64 * n_classes + 4 * DENSITY_GRID**2 + network + 4_000


def confidence_bytes(params: ConfidenceParams, metas: Metas) -> int:
    """A score an image and measure, and a curve a measure; the best curve, and the shares that are kept. A header each."""
    return 8 * N_MEASURES * metas["images"]["count"] + (N_MEASURES + 2) * 8 * CURVE_POINTS + 2_000


def map_worth_bytes(params: MapWorthParams, metas: Metas) -> int:
    """The same of two measures, and a few numbers."""
    return 8 * N_MAP_MEASURES * metas["images"]["count"] + (N_MAP_MEASURES + 2) * 8 * CURVE_POINTS + 2_000


def vae_bytes(params: VaeParams, metas: Metas) -> int:
    """The weights, and after each epoch a strip of ten images and a few numbers."""
    channels, *sides = metas["images"]["shape"]
    height, width = (min(VAE_SIDE, max(side, 28)) for side in sides)
    flat, hidden = 4 * height * width, 256
    weights = 2 * hidden * (flat + 1) + 3 * hidden * params.latent_size + flat + 2 * 16 * 32 * (channels + 64)
    return 4 * weights + (params.epochs + 1) * (10 * channels * height * width + 8 * params.latent_size + 40) + 4_000


def codes_bytes(params: CodesParams, metas: Metas) -> int:
    """Of each image its code and how sure that is, what its reconstruction is taken for, how surely, and how good it is; of
    each latent value its range, counts and correlations."""
    latents = metas["vae"]["latent_size"]
    return metas["images"]["count"] * (8 * latents + 12) + latents * (4 * latents + 4 * CODE_BINS + 16) + 2_000


def counterfactual_bytes(params: CounterfactualParams, metas: Metas) -> int:
    """Two images, two codes, and what is said of both."""
    channels, height, width = metas["images"]["shape"]
    latents = metas["vae"]["latent_size"]
    return 2 * channels * height * width + 8 * latents + 8 * metas["images"]["n_classes"] + 2_000


def student_bytes(params: StudentParams, metas: Metas) -> int:
    """A weight a pixel and class, the image; what teacher and student say of the neighbours held out; a tree."""
    channels, height, width = metas["images"]["shape"]
    n_classes = metas["images"]["n_classes"]
    nodes = 2 ** (params.tree_depth + 1)
    rows = 8 * n_classes * params.held_out + nodes * (8 * n_classes + 32) + 8 * (params.epochs + 1)
    return (4 * n_classes + 1) * channels * height * width + rows + 20 * n_classes + 3_000


def students_bytes(params: StudentsParams, metas: Metas) -> int:
    """Three means a pair of classes, of which there are no more than images; six numbers an image."""
    channels, height, width = metas["images"]["shape"]
    pairs = min(len(params.numbers), metas["images"]["n_classes"] ** 2)
    return 12 * channels * height * width * pairs + 40 * len(params.numbers) + 3_000


def explain_bytes(params: ExplainParams, metas: Metas) -> int:
    """Two maps a method, two curves of each; the image three times; of the synthetic images the first ones' pixels, and seven
    numbers each."""
    channels, height, width = metas["images"]["shape"]
    methods = len(params.methods) + len(CONTROLS)
    maps = methods * (8 * height * width + 16 * (height + 1) + 600)
    drawn = channels * height * width * SHOWN_SYNTHETICS + 50 * params.n_samples if "vae" in metas else 0
    return maps + 3 * channels * height * width + drawn + 4_000


def rank_bytes(params: RankParams, metas: Metas) -> int:
    """Four areas an image and method."""
    methods = len(params.methods) + len(CONTROLS)
    return len(params.numbers) * (16 * methods + 12) + 800 * methods + 4_000


def slice_bytes(params: SliceParams, metas: Metas) -> int:
    """Of each epoch a number a layer; a number a channel and class; two a pair of channels. How many channels, the layers
    that the teacher told of say; what is not among them, as a residual block, has as many as the widest."""
    told = {layer["name"]: layer["output_shape"] for layer in metas["teacher"]["layers"]}
    widest = max((shape[0] for shape in told.values() if len(shape) == 3), default=0)
    some = {name: last - first + 1 for name, first, last in params.channels}
    channels = {}
    for name in params.layers:
        shape = metas["images"]["shape"] if name == "input" else told.get(name, (widest, 1, 1))
        channels[name] = some.get(name, shape[0]) if len(shape) == 3 else 0
    groups = metas["images"]["n_classes"] + 1
    cells = sum(channels[one] * channels[other] for one, other in params.pairs)
    numbers = 3 * len(channels) + (groups + 1) * sum(channels.values()) + 2 * cells
    return (
        len(params.epochs) * 4 * numbers + 16 * len(params.numbers) + 400 * (len(channels) + len(params.pairs)) + 4_000
    )


def subsets_bytes(params: SubsetsParams, metas: Metas) -> int:
    """Four numbers an epoch, and two a class."""
    return 4 * len(params.per_class) * (params.epochs + 1) * (4 + 2 * metas["images"]["n_classes"]) + 3_000


def library_bytes(params: LibraryParams, metas: Metas) -> int:
    """Of each set of thresholds and layer an answer a test image, a matrix a form of confusion, and of each node its number and
    its links. How many nodes thresholds of somebody's own give, nobody knows: as many as the largest usual library."""
    images = metas["images"]
    n_images, n_tested = min(params.n_images, images["n_train"]), images["count"] - images["n_train"]
    n_tested, n_classes, layers = min(params.n_tested, n_tested), images["n_classes"], len(params.layers) or 8
    nodes = [max(share * n_images, n_classes) for share in SHARES]
    if params.thresholds:
        nodes = [max(nodes)] * len(params.thresholds)
    a_set = 2 * n_tested + 4 * len(CONFUSIONS) * n_classes**2 + 4 * n_classes + 500
    whole = layers * (len(nodes) * a_set + int(sum(nodes)) * (8 + 8 * n_classes))
    return whole + 4 * len(FORMS) * len(nodes) * n_tested + 8 * (n_images + n_tested) + 6_000


def outside_bytes(params: OutsideParams, metas: Metas) -> int:
    """Of each condition and image what net and libraries answer, and how consistent that is; the first images' pixels."""
    library = metas["library"]
    conditions = 1 + len(params.epsilons) if params.source in ("pgd", "fgsm") else 1
    sets, layers = library["n_sets"], len(library["layers"])
    row = 4 + sets * (2 * layers + 4 * len(FORMS))
    channels, height, width = metas["images"]["shape"]
    shown = min(SHOWN_OUTSIDE, params.n_images) * channels * height * width
    return conditions * (params.n_images * row + shown + 300) + 8 * params.n_images + 4_000


def given_bytes(params: GivenParams, metas: Metas) -> int:
    """Probabilities, and logits if there are any; what was predicted, and three numbers on how surely; atlas pages, while
    the pixels lie on disk; labels, and two matrices with them."""
    row = 4 * params.n_classes * (1 + params.has_logits) + 16 + 8 * params.has_labels + 1000 * params.has_images
    return params.count * row + 16 * params.n_classes**2 * params.has_labels
