"""The maps of a study: what can be mapped and how, which there are, what stands in the way of one, and what is said of it."""

from collections.abc import Mapping
from typing import Any

from dashboard import asking
from dashboard.components.map_place import drawn_from, is_previewed
from dashboard.jobs.words import told
from workers.engine import Engine
from workers.jobs import Job
from workers.params import METHODS, EmbeddingParams
from workers.studies import Study

MAPPED = {"pixels": "Pixels", "features": "Features", "logits": "Logits", "probabilities": "Probabilities"}
PREFERRED = ("features", "logits", "probabilities", "pixels")  # what is shown where what was chosen is not there
EVICTED = "its places have made room for other results"
LONG_FROM = 100_000  # images, of which t-SNE and UMAP take much longer than one waits for


def mappable(engine: Engine, keys: Mapping[str, str]) -> list[str]:
    """What of a study can be mapped: predictions of a file may come without pixels, features or logits."""
    there = set(engine.results.meta(keys["predictions"])["arrays"])
    if engine.results.meta(keys["images"])["atlas"]:
        there.add("pixels")
    return [of for of in MAPPED if of in there]


def question(of: str, method: str, dims: str, settings: Mapping[str, Any] | None) -> EmbeddingParams:
    """The map that is chosen, as a job is asked for it; `settings` by name, without those left as they are."""
    return EmbeddingParams.model_validate(
        {"method": method, "of": of, "n_components": int(dims)} | dict(settings or {})
    )


def key_of(keys: Mapping[str, str], asked: EmbeddingParams) -> str:
    """The key of a map of a study; its jobs need not be known for that."""
    return asking.key_of("embedding", keys, asked)


def role_of(keys: Mapping[str, str], key: str) -> str | None:
    """The role that a map plays in its study: its first is made with it; None when it has not been asked for."""
    return next((role for role, known in keys.items() if known == key and role.startswith("embedding")), None)


def ask_for(engine: Engine, study: Mapping[str, Any], asked: EmbeddingParams) -> Study:
    """Adds a map to a study and has it made; returns the study.

    Raises
    ------
    UnknownJob, OutdatedJob
        The predictions cannot be made again as they were.
    """
    return asking.ask_for(engine, study, "embedding", asked)[0]


def too_few(asked: EmbeddingParams, count: int) -> dict[str, str]:
    """Which settings ask for more images than the `count` there are: by name, what would be right."""
    if asked.method == "tsne" and 3 * asked.perplexity >= count - 1:
        most = (count - 2) // 3
        return {
            "perplexity": f"must be at most {most}, as there are {count:,} images" if most > 0 else "needs 5 images"
        }
    if asked.method == "umap" and asked.n_neighbors >= count:
        return {"n_neighbors": f"must be at most {count - 1}, as there are {count:,} images"}
    return {}


def obstacle(engine: Engine, keys: Mapping[str, str], asked: EmbeddingParams) -> str:
    """Why a map that has not been asked for cannot be, in a sentence or two; empty when it can."""
    for name, wrong in too_few(asked, engine.results.meta(keys["images"])["count"]).items():
        title = EmbeddingParams.model_fields[name].title
        return f"There is no such map: {str(title).lower()} {wrong}. Open the settings to change it."
    try:
        asking.spec_of(engine, "embedding", keys, asked)
    except asking.CANNOT_ASK as error:
        return f"There is no map: {error}."
    return ""


def title_of(asked: EmbeddingParams) -> str:
    """What a map is called: "t-SNE of logits, 3-D"."""
    return f"{METHODS[asked.method]} of {asked.of}" + (", 3-D" if asked.n_components == 3 else "")


def job_words(asked: EmbeddingParams, made: Job, now: float, count: int) -> str:
    """How far the job of a map of `count` images is, or why it ended and what to do. While there is a preview, the panel's
    line says what is being made."""
    words = EVICTED if made.state == "done" else told(made, now)
    words = words if is_previewed(made) else f"{title_of(asked)}: {words}"
    if not made.is_open:
        return f"{words.rstrip('.')}. Change its settings, or try again."
    if asked.method != "pca" and count > LONG_FROM and not is_previewed(made):
        words = (
            f"{words}. Of {count:,} images {METHODS[asked.method]} may take hours, and gigabytes of memory; PCA takes "
            "seconds."
        )
    return words


def map_words(meta: Mapping[str, Any]) -> str:
    """How a finished map was made, for the panel's line."""
    method, settings = METHODS[meta["method"]], meta["settings"]
    if meta["method"] == "pca":
        return f"{method}: {' + '.join(f'{share:.0%}' for share in meta['explained_variance'])} of variance"
    if meta["method"] == "tsne":
        return f"{method}: perplexity {settings['perplexity']:g}, KL {meta['kl_divergence']:.2f}"
    return f"{method}: {settings['n_neighbors']} neighbours, least distance {settings['min_dist']:g}"


def map_source(engine: Engine, keys: Mapping[str, str], key: str) -> dict[str, Any]:
    """What the browser draws a finished map from: where the arrays lie, names and colours."""
    meta = engine.results.meta(key)
    return drawn_from(engine, keys, key) | {"dims": meta["n_components"], "words": map_words(meta)}


def preview_source(engine: Engine, keys: Mapping[str, str], made: Job, asked: EmbeddingParams) -> dict[str, Any]:
    """The same of a map that is being made, as far as it is."""
    words = f"{METHODS[asked.method]}, preview: {made.message or made.stage}"
    return drawn_from(engine, keys, made.key) | {
        "dims": asked.n_components,
        "words": words,
        "preview": made.previews,
    }
