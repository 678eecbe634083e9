"""Maps: the images as points, those of which the teacher makes much the same close together."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.embedding import PCA, TSNE, UMAP
from workers.params import EmbeddingParams
from workers.pixels import pixels_of
from workers.runner import Attempt, Input, Made, runs
from workers.settings import read_settings


@runs("embedding")
def embedding(params: EmbeddingParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """The place of each image, float32 (N, 2 or 3). While t-SNE looks for them, previews show where they are."""
    vectors = vectors_of(params.of, inputs)
    attempt.stage("mapping")
    facts: dict[str, Any] = {"explained_variance": None, "kl_divergence": None, "reduced_to": None}
    if params.method == "pca":
        fitted = PCA(params.n_components).fit(vectors, attempt)
        facts["explained_variance"] = fitted.explained_variance_ratio_.tolist()
    elif params.method == "tsne":
        fitted = TSNE(params.n_components, params.perplexity, params.seed).fit(vectors, attempt, attempt.preview)
        facts |= {"kl_divergence": fitted.kl_divergence_, "reduced_to": fitted.reduced_to_}
    else:
        fitted = UMAP(params.n_components, params.n_neighbors, params.min_dist, params.seed).fit(vectors, attempt)
        facts["reduced_to"] = fitted.reduced_to_
    asked = {"method": params.method, "of": params.of, "n_components": params.n_components, "settings": params.settings}
    return Made({"places": fitted.embedding_}, asked | facts)


def vectors_of(of: str, inputs: Mapping[str, Input]) -> np.ndarray:
    """What is mapped, a vector (D,) an image; pixels as they are stored, 0 to 255.

    Raises
    ------
    ValueError
        The inputs hold no such thing.
    """
    if of != "pixels":
        given = inputs["predictions"]
        if of not in given.meta["arrays"]:
            raise ValueError(f"These predictions hold no {of}; ask for a map of something else.")
        return given.array(of)
    given = inputs["images"]
    if given.meta["shape"] is None:
        raise ValueError(
            "These predictions came without images, so there are no pixels; ask for a map of something else."
        )
    images = pixels_of(given.results, given.key, read_settings().data_dir).read_all()
    return images.reshape(len(images), -1)
