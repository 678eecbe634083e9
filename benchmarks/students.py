"""Students: how long they learn, and what they are worth beside LIME's surrogates of the same images.

    uv run python -m benchmarks.students [--runs 50] [--mnist DIR] [--cifar DIR --weights FILE] [--keep DIR]

Both get 512 answers of the teacher about each of `runs` test images, half of them errors, in batches of the same size. The
student learns from neighbours, LIME (Captum's, with its own lasso) from masks of patches of 4 × 4 pixels. Both say how the
teacher's logit for its answer changes, less the mean over the classes; R² and rank correlation of that with the teacher's, on
neighbours that neither has seen and on masks that neither has seen. LIME's surrogate knows masks only: of another image it is
asked how much of each patch of the original is there (the patch's projection on the original's, 1 where that is black).
Beside the training: the arithmetic of its steps alone.
"""

import time
from typing import Any, NamedTuple

import numpy as np
import torch
from captum._utils.models.linear_model import SkLearnLasso
from captum.attr import Lime
from scipy.stats import spearmanr

from benchmarks.harness import machine, median, met, ms, read_runs, table
from benchmarks.nets import PLACES, Nets, cifar_nets, mnist_nets
from models.data import ImageSet
from models.latent import ImageFunction
from models.neighbours import BATCH, Neighbours, checked_band, make_neighbours, sample_codes, widths_of
from models.student import Student, StudentSettings, distil
from models.teacher import Teacher

QUERIES, UNSEEN = 512, 256
WIDTH = 15.0  # % of each axis' range
PATCH = 4  # px a side
ALPHA = 0.01  # Captum's own
TRAIN_SECONDS = 0.4


class Surrogate(NamedTuple):
    """What LIME found: a weight a patch and an intercept; `patches` (H, W) numbers the patch of each pixel."""

    weights: np.ndarray
    bias: float
    patches: np.ndarray
    image: np.ndarray

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Its value of images (N, C, H, W): of a masked one that of the mask."""
        count = int(self.patches.max()) + 1
        shares = np.zeros((len(images), count))
        for patch in range(count):
            inside = self.patches == patch
            own = self.image[:, inside].ravel()
            length = float(own @ own)
            shares[:, patch] = images[:, :, inside].reshape(len(images), -1) @ own / length if length else 1.0
        return shares @ self.weights + self.bias


def centred(logits: np.ndarray, label: int) -> np.ndarray:
    """The logit of a class less the mean over the classes, (N,)."""
    return logits[:, label] - logits.mean(axis=1)


def patches_of(height: int, width: int) -> np.ndarray:
    """The number of the patch of each pixel."""
    rows, columns = np.arange(height) // PATCH, np.arange(width) // PATCH
    return rows[:, np.newaxis] * (columns.max() + 1) + columns


def explained(teacher: Teacher, image: np.ndarray, label: int, seed: int) -> Surrogate:
    """LIME of one image (C, H, W), 0 to 1; what is masked is black."""
    patches = patches_of(*image.shape[1:])

    def answer(pixels: torch.Tensor) -> torch.Tensor:
        return torch.tensor(centred(teacher.classify(pixels.numpy()), label))

    torch.manual_seed(seed)
    model = SkLearnLasso(alpha=ALPHA)
    lime = Lime(answer, interpretable_model=model)
    weights = lime.attribute(
        torch.tensor(image[np.newaxis]),
        feature_mask=torch.tensor(patches[np.newaxis, np.newaxis]),
        n_samples=QUERIES,
        perturbations_per_eval=BATCH,
        return_input_shape=False,
    )
    bias = model.bias()
    assert bias is not None
    return Surrogate(weights.numpy().ravel(), float(bias), patches, image)


def masked(image: np.ndarray, seed: int) -> np.ndarray:
    """Images in which each patch is black with a probability of one half, as LIME draws them."""
    patches = patches_of(*image.shape[1:])
    kept = np.random.default_rng(seed).random((UNSEEN, int(patches.max()) + 1)) < 0.5
    return image * kept[:, patches][:, np.newaxis].astype(np.float32)


def worth(said: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """R² and rank correlation; 0 where the one or the other never changes."""
    spread = ((wanted - wanted.mean()) ** 2).sum()
    r2 = 1 - ((said - wanted) ** 2).sum() / spread if spread > 0 else 0.0
    ranks = spearmanr(said, wanted).statistic if np.ptp(said) and np.ptp(wanted) else 0.0  # pyright: ignore[reportAttributeAccessIssue]
    return float(r2), float(ranks)


def chosen_images(teacher: Teacher, images: ImageSet, count: int) -> list[int]:
    """Test images by a seed, half of them errors, where there are as many."""
    answers = teacher.classify(images.images[images.n_train :]).argmax(axis=1)
    is_wrong = answers != images.labels[images.n_train :]
    random = np.random.default_rng(0)
    wrong, right = (images.n_train + random.permutation(np.flatnonzero(mask)) for mask in (is_wrong, ~is_wrong))
    errors = wrong[: count // 2]
    return np.concatenate([errors, right[: count - len(errors)]]).tolist()


def bare_steps(neighbours: Neighbours, settings: StudentSettings) -> float:
    """Seconds of the products alone that the steps of a student's training take."""
    pixels = torch.tensor(neighbours.images[: settings.batch_size].reshape(settings.batch_size, -1))
    weights = torch.zeros(neighbours.logits.shape[1], pixels.shape[1])
    steps = settings.epochs * -(-len(neighbours.images) // settings.batch_size)
    began = time.perf_counter()
    for _ in range(steps):
        scores = pixels @ weights.T
        weights += 0 * (scores.T @ pixels)
    return time.perf_counter() - began


def compare(nets: Nets, count: int) -> None:
    """Two tables: what both are worth, and how long they take."""
    title, images, teacher, vae, (lower, upper) = nets
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    seconds: dict[str, list[float]] = {"student": [], "LIME": [], "training": [], "bare": []}
    agreements, majorities = [], []
    for seed, number in enumerate(chosen_images(teacher, images, count)):
        image = images.images[number] / np.float32(255)
        label = int(teacher.classify(image[np.newaxis])[0].argmax())
        function = ImageFunction.of(vae, image)
        at = function.code.clip(lower, upper)  # of a test image it may lie outside of the training images'
        band = checked_band(at, widths_of(lower, upper, WIDTH), lower, upper)
        settings = StudentSettings(seed=seed)
        began = time.perf_counter()
        learned = make_neighbours(function, teacher, band, sample_codes(band, QUERIES, "uniform", seed))
        trained = time.perf_counter()
        student = distil(learned.images, learned.logits, settings)
        ended = time.perf_counter()
        seconds["student"].append(ended - began)
        seconds["training"].append(ended - trained)
        seconds["bare"].append(bare_steps(learned, settings))
        began = time.perf_counter()
        surrogate = explained(teacher, image, label, seed)
        seconds["LIME"].append(time.perf_counter() - began)
        unseen = make_neighbours(function, teacher, band, sample_codes(band, UNSEEN, "uniform", 10**6 + seed))
        masks = masked(image, seed)
        judged = {"neighbours": (unseen.images, unseen.logits), "masks": (masks, teacher.classify(masks))}
        for where, (pictures, logits) in judged.items():
            wanted = centred(logits, label)
            for who, said in (("student", student_of(student, pictures, label)), ("LIME", surrogate(pictures))):
                found.setdefault((who, where), []).append(worth(said, wanted))
        answers = unseen.logits.argmax(axis=1)
        agreements.append(float((student.logits(unseen.images).argmax(axis=1) == answers).mean()))
        majorities.append(float(np.bincount(answers).max() / len(answers)))
    rows = []
    for who in ("student", "LIME"):
        row: list[Any] = [who]
        for where in ("neighbours", "masks"):
            for column in zip(*found[who, where], strict=True):
                row.append(f"{median(column):.2f}")
        rows.append([*row, ms(median(seconds[who]))])
    columns = ["", "R², neighbours", "ranks", "R², masks", "ranks", "median time"]
    print(table(f"{title}: {count} images, {QUERIES} answers of the teacher each; medians", columns, rows))
    unsure = [row for row, share in enumerate(majorities) if share < 1]
    print(
        f"\nagreement of the student on unseen neighbours, mean: {np.mean(agreements):.1%}, the majority's label alone "
        f"{np.mean(majorities):.1%}; of the {len(unsure)} images whose neighbours get more than one label: "
        f"{np.mean([agreements[row] for row in unsure] or [np.nan]):.1%} and "
        f"{np.mean([majorities[row] for row in unsure] or [np.nan]):.1%}"
    )
    took = median(seconds["training"])
    print(f"training alone: {ms(took)}, ≤ {ms(TRAIN_SECONDS)}: {met(took, TRAIN_SECONDS)}")
    print(f"limit: the products of its steps alone, {ms(median(seconds['bare']))}")


def student_of(student: Student, images: np.ndarray, label: int) -> np.ndarray:
    return centred(student.logits(images), label)


def main() -> None:
    chosen = read_runs(__doc__, 50, **PLACES)
    print(machine())
    compare(mnist_nets(chosen), chosen.runs)
    if chosen.cifar and chosen.weights:
        compare(cifar_nets(chosen, fine_tuned=False), chosen.runs)


if __name__ == "__main__":
    main()
