"""The maps in the plane that a study has, and how alike the predictions of neighbours on them are, as far as it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard import maps
from dashboard.darksight.fits import fits_of, params_of, title_of
from dashboard.darksight.worths import worth_key
from workers.engine import Engine
from workers.jobs import UnknownJob
from workers.params import EmbeddingParams

DARKSIGHT = "DarkSight"
USUAL_K = 100  # neighbours at which maps are compared, unless another number is chosen


@dataclass(frozen=True)
class KnownMap:
    """A map of a study, finished.

    Attributes
    ----------
    key : of its result.
    group : what it is a map by and of, such as "DarkSight" or "t-SNE of logits".
    setting : what tells it from the others of its group.
    """

    key: str
    group: str
    setting: str

    @property
    def title(self) -> str:
        return ", ".join(part for part in (self.group, self.setting) if part)


@dataclass(frozen=True)
class Curve:
    """M_k of a map.

    Attributes
    ----------
    ks, fidelity : numbers of neighbours, rising, and M_k in nats^(1/2); the lower the better.
    count : images that were looked at.
    """

    of: KnownMap
    ks: tuple[int, ...]
    fidelity: tuple[float, ...]
    count: int

    def at(self, k: int) -> tuple[int, float]:
        """M_k of `k` neighbours, or of the largest number below it that is known: that number, and the value."""
        place = max((place for place, known in enumerate(self.ks) if known <= k), default=0)
        return self.ks[place], self.fidelity[place]


def setting_of(asked: EmbeddingParams) -> str:
    """What tells a map of another method from others of the same: "perplexity 30", "15 neighbours"."""
    seed = f"seed {asked.seed}" if asked.seed else ""
    told = {
        "pca": [],
        "tsne": [f"perplexity {asked.perplexity:g}", seed],
        "umap": [f"{asked.n_neighbors} neighbours", f"least distance {asked.min_dist:g}", seed],
    }
    return ", ".join(part for part in told[asked.method] if part)


def name_of(asked: EmbeddingParams) -> str:
    """What a map of another method is called: "t-SNE of logits, perplexity 30"."""
    return ", ".join(part for part in (maps.title_of(asked), setting_of(asked)) if part)


def planar_maps(engine: Engine, keys: Mapping[str, str]) -> dict[str, EmbeddingParams]:
    """The maps of other methods that a study has in the plane, finished or not, in the order in which they were asked for:
    key -> what it was asked for with."""
    found = {}
    for role, key in keys.items():
        if not role.startswith("embedding"):
            continue
        try:
            asked = EmbeddingParams.model_validate(engine.jobs.get(key).params)
        except UnknownJob:  # its record has been removed, as its result was
            continue
        if asked.n_components == 2:
            found[key] = asked
    return found


def maps_of(engine: Engine, keys: Mapping[str, str], class_names: Sequence[str]) -> list[KnownMap]:
    """The finished maps of a study that lie in a plane, those of DarkSight first, else in the order in which they were asked
    for."""
    found = []
    for key in fits_of(keys):
        try:
            found.append(KnownMap(key, DARKSIGHT, title_of(params_of(engine, key), class_names)))
        except UnknownJob:
            continue
    found += [
        KnownMap(key, maps.title_of(asked), setting_of(asked)) for key, asked in planar_maps(engine, keys).items()
    ]
    there = engine.results.which([each.key for each in found])
    return [each for each in found if each.key in there]


def curves_of(engine: Engine, keys: Mapping[str, str], known: Sequence[KnownMap], split: str) -> list[Curve]:
    """M_k of those of the maps of which it is known what they are worth."""
    worths = {each.key: worth_key(keys, each.key, split) for each in known}
    there = engine.results.which(list(worths.values()))
    found = []
    for each in known:
        worth = worths[each.key]
        if worth not in there:
            continue
        ks, fidelity = (tuple(engine.results.array(worth, name).tolist()) for name in ("ks", "fidelity"))
        if ks:
            found.append(Curve(each, ks, fidelity, engine.results.meta(worth)["count"]))
    return found


def best_of(curves: Sequence[Curve], k: int) -> Curve | None:
    """The one with the lowest M_k; of equals the first."""
    return min(curves, key=lambda curve: curve.at(k)[1], default=None)
