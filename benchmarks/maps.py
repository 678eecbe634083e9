"""A t-SNE map of 10,000 images: how long it takes, and how long a person waits for the next preview.

    uv run python -m benchmarks.maps [--mnist DIR]

DIR holds the four files of MNIST (or gets them by download). What is mapped is the first 84 principal components of the test
images. Beside it: scikit-learn's t-SNE, of the same vectors and perplexity, at its own settings.
"""

import os
import time
from itertools import pairwise

import numpy as np

from benchmarks.harness import machine, median, met, read_runs, table
from workers.fleet import thread_limits
from workers.runner import SECONDS_BETWEEN_PREVIEWS
from workers.settings import cores

COLUMNS = 84
TARGET_SECONDS = 18.0
TARGET_GAP_SECONDS = 2.0


def mapped(vectors: np.ndarray) -> tuple[float, float, float]:
    """Seconds, the longest of them without a new preview, and the KL divergence."""
    from models.embedding import TSNE

    began = time.perf_counter()
    shown = [began]

    def note(places: np.ndarray) -> None:
        now = time.perf_counter()
        if len(shown) == 1 or now - shown[-1] >= SECONDS_BETWEEN_PREVIEWS:  # as a worker shows them
            shown.append(now)

    fitted = TSNE().fit(vectors, preview=note)
    shown.append(time.perf_counter())
    gap = max(later - earlier for earlier, later in pairwise(shown))
    return shown[-1] - began, gap, fitted.kl_divergence_


def rival(vectors: np.ndarray) -> tuple[float, float]:
    """Seconds, and the KL divergence, of scikit-learn."""
    from sklearn.manifold import TSNE

    began = time.perf_counter()
    fitted = TSNE(perplexity=30, random_state=0, n_jobs=cores()).fit(vectors)
    return time.perf_counter() - began, float(fitted.kl_divergence_)


def bare_seconds(vectors: np.ndarray) -> float:
    """Seconds that openTSNE takes for the same iterations, with neighbours at hand and nobody listening."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.initialization import pca
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    from models.embedding.tsne import EARLY, EXAGGERATION, GRID_STEP, ITERATIONS, MOMENTUM
    from models.embedding.vectors import neighbours
    from models.progress import silent

    affinities = PerplexityBasedNN(knn_index=PrecomputedNeighbors(*neighbours(vectors, 90, 0, silent)), perplexity=30)
    alone = TSNEEmbedding(
        pca(vectors, random_state=0),
        affinities,
        negative_gradient_method="fft",
        ints_in_interval=GRID_STEP,
        n_jobs=cores(),
    )
    began = time.perf_counter()
    alone.optimize(EARLY, exaggeration=EXAGGERATION, momentum=MOMENTUM, inplace=True)
    alone.optimize(ITERATIONS - EARLY, momentum=MOMENTUM, inplace=True)
    return time.perf_counter() - began


def main() -> None:
    chosen = read_runs(__doc__, 1, mnist=("mnist", "folder that holds MNIST, or is to hold it"))
    print(machine())
    os.environ |= thread_limits(cores())  # as a worker has it, before any library with threads is loaded
    from models.embedding import PCA
    from models.sources import make_source

    images = make_source("mnist", folder=chosen.mnist).load()
    pixels = images.images[images.n_train :]
    vectors = PCA(COLUMNS).fit(pixels.reshape(len(pixels), -1)).embedding_
    ours = [mapped(vectors) for _ in range(chosen.runs)]
    theirs = [rival(vectors) for _ in range(chosen.runs)]
    bare = median([bare_seconds(vectors) for _ in range(chosen.runs)])
    seconds, gap = median([run[0] for run in ours]), max(run[1] for run in ours)
    rival_seconds = median([run[0] for run in theirs])
    rows = [
        ["Darkroom", f"{seconds:.1f} s", f"{gap:.1f} s", f"{ours[0][2]:.2f}"],
        ["scikit-learn", f"{rival_seconds:.1f} s", "none", f"{theirs[0][1]:.2f}"],
    ]
    title = f"t-SNE of {len(vectors):,} × {COLUMNS} numbers, perplexity 30, {cores()} cores, {chosen.runs} runs"
    print(table(title, ["", "in all", "longest without a preview", "KL divergence"], rows))
    print(f"\nin all ≤ {TARGET_SECONDS:g} s: {met(seconds, TARGET_SECONDS)}")
    print(f"a preview every {TARGET_GAP_SECONDS:g} s: {met(gap, TARGET_GAP_SECONDS)}")
    print(f"scikit-learn takes {rival_seconds / seconds:.1f} × as long")
    print(f"limit: the iterations alone, nobody listening, {bare:.1f} s; we take {seconds / bare:.2f} × that")


if __name__ == "__main__":
    main()
