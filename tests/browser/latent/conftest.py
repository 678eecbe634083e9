"""The digits with a VAE, and a tab for what is seen of it."""

from collections.abc import Iterator

import pytest

from tests.engines import Digits, wait_until
from workers.kinds import job


@pytest.fixture(scope="package")
def encoded(digits) -> Iterator[Digits]:
    """The digits in a second study, which has a VAE of six latent values besides: a teacher's digits are known to it well
    enough after four epochs. Gone after this
    folder's tests, so that others find one study."""
    specs = {role: digits.engine.jobs.spec(key) for role, key in digits.study.keys.items()}
    made_of = {role: specs[role] for role in ("images", "teacher")}
    specs["vae"] = job("vae", {"latent_size": 6, "epochs": 4, "batch_size": 32}, **made_of)
    specs["codes"] = job("codes", **made_of, vae=specs["vae"])
    study = digits.engine.studies.create("Encoded", specs)
    for role in ("vae", "codes"):
        wait_until(lambda key=study.keys[role]: not digits.engine.jobs.get(key).is_open, 180, f"the end of {role}")
        assert digits.engine.jobs.get(study.keys[role]).state == "done", digits.engine.jobs.get(study.keys[role]).error
    yield Digits(digits.url, digits.settings, digits.engine, study)
    digits.engine.studies.delete(study.id)


@pytest.fixture
def latent_desk(first_desk):
    """The tab of many tests, as somebody has it who has never been here; when the test is over, the page may not have
    complained. The test says which address it goes to."""
    desk, watch = first_desk
    watch.forget()
    desk.page.goto(f"{desk.site}/health")
    desk.js("localStorage.clear(), sessionStorage.clear()")
    desk.page.mouse.move(0, 0)
    yield desk
    desk.page.goto("about:blank")
    watch.check()
