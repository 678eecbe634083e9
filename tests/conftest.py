"""A study that real workers have computed, for every folder of tests that needs one."""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.engines import Digits, running_fleet
from workers.studies import digits_study

# A busy machine is not a failed property.
hypothesis.settings.register_profile("darkroom", deadline=None)
hypothesis.settings.load_profile("darkroom")


@pytest.fixture
def nets(tmp_path):
    """Writes a .py file of architectures; what is loaded from it is forgotten after the test."""
    from models.architectures import ARCHITECTURES

    known = dict(ARCHITECTURES)

    def write(source, name="nets.py"):
        path = tmp_path / name
        path.write_text(source)
        return path

    yield write
    ARCHITECTURES.clear()
    ARCHITECTURES.update(known)


@pytest.fixture(scope="session")
def digits(tmp_path_factory) -> Iterator[Digits]:
    """The digits study, computed by real workers: three epochs instead of twelve. Not to be changed by a test."""
    folder = tmp_path_factory.mktemp("digits")
    with running_fleet(folder, workers=1, device="cpu", memory=2**28) as fleet:
        study = fleet.engine.studies.create("Digits", digits_study(teacher={"epochs": 3}))
        for role, key in study.keys.items():
            ended = fleet.wait(key, 180)
            assert ended.state == "done", f"{role}: {ended.error}"
        yield Digits(fleet.url, fleet.settings, fleet.engine, study)
