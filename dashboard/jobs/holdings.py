"""What the store holds, and for which studies."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from workers.engine import Engine
from workers.studies import Study


@dataclass(frozen=True)
class Holdings:
    """What the store holds for whom.

    Attributes
    ----------
    studies : all there are.
    held : study id -> the result keys that it holds.
    sizes : bytes of the results that are there, by key.
    """

    studies: Sequence[Study]
    held: Mapping[str, Collection[str]]
    sizes: Mapping[str, int]

    def titles(self, key: str) -> list[str]:
        """The studies that a job belongs to."""
        return [study.title for study in self.studies if key in self.held.get(study.id, ())]

    def size(self, study_id: str) -> int:
        """Bytes of the results of a study."""
        return sum(self.sizes.get(key, 0) for key in self.held.get(study_id, ()))

    def alone(self, study_id: str) -> int:
        """Bytes of the results that no other study holds: what deleting it frees."""
        others = {key for other, keys in self.held.items() if other != study_id for key in keys}
        return sum(self.sizes.get(key, 0) for key in self.held.get(study_id, ()) if key not in others)


def read_holdings(engine: Engine) -> Holdings:
    """Asks the engine."""
    return Holdings(engine.studies.all(), engine.studies.held(), engine.results.sizes())
