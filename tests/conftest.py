"""A study that real workers have computed, for every folder of tests that needs one."""

from collections.abc import Iterator

import hypothesis
import pytest

from tests.engines import Digits, running_fleet, wait_until
from workers.kinds import job
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


@pytest.fixture(scope="module")
def encoded(digits) -> Iterator[Digits]:
    """The digits in a second study, which has a VAE of six latent values besides: a teacher's digits are known to it well
    enough after four epochs. Gone after the module, so that others find one study."""
    specs = {role: digits.engine.jobs.spec(key) for role, key in digits.study.keys.items()}
    made_of = {role: specs[role] for role in ("images", "teacher")}
    specs["vae"] = job("vae", {"latent_size": 6, "epochs": 4}, **made_of)
    specs["codes"] = job("codes", **made_of, vae=specs["vae"])
    study = digits.engine.studies.create("Encoded", specs)
    for role in ("vae", "codes"):
        wait_until(lambda key=study.keys[role]: not digits.engine.jobs.get(key).is_open, 180, f"the end of {role}")
        assert digits.engine.jobs.get(study.keys[role]).state == "done", digits.engine.jobs.get(study.keys[role]).error
    yield Digits(digits.url, digits.settings, digits.engine, study)
    digits.engine.studies.delete(study.id)
