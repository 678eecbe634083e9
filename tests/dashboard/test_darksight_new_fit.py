"""What asks for DarkSight maps: settings of one's own, another seed, another temperature."""

import pytest

from dashboard.darksight.fits import fits_of, params_of
from dashboard.darksight.new_fit import FIELDS, TEMPERATURES, TOO_FEW, nearest, next_seed, read_settings
from dashboard.links import study_data
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map
from workers.darksight_params import DarkSightParams

TYPED = {name: field.default for name, field in FIELDS.items()}


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def mapped(own, own_page, digits):
    return add_map(own.engine, own.copy_study(digits))


def given(study, key, **more):
    return {"study__data": study_data(study), "ready__data": list(study.keys), "darksight_fits__value": key} | more


def typed(place="fits", **settings):
    return {f"new_fit_{place}_set_{name}__{FIELDS[name].prop}": value for name, value in (TYPED | settings).items()}


def asked_of(own, told):
    """What the map that is shown now was asked for with; it is in the study, and its job is open."""
    key = told["darksight-fits"]["value"]
    assert key in fits_of(told["study"]["data"]["keys"])
    assert own.engine.jobs.get(key).is_open
    return params_of(own.engine, key)


def test_what_is_shown_first_reads_as_the_defaults():
    assert read_settings(TYPED, [], 10) == (DarkSightParams(), {})


@pytest.mark.parametrize(("settings", "classes", "errors"), [
    ({"temperature": 0.01}, [], {"temperature": "must be at least 0.1"}),
    ({"df": ""}, [], {"df": "needs a value"}),
    ({"seed": 1.5}, [], {"seed": "must be a whole number"}),
    ({}, ["3"], {"classes": TOO_FEW}),
    ({"df": 0}, ["3"], {"df": "must be greater than 0", "classes": TOO_FEW}),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(settings, classes, errors):
    assert read_settings(TYPED | settings, classes, 10) == (None, errors)


def test_classes_are_a_question_of_their_own_and_all_of_them_are_none():
    assert read_settings(TYPED, ["7", "3"], 10) == (DarkSightParams(classes=(3, 7)), {})
    assert read_settings(TYPED, [str(number) for number in range(10)], 10)[0] == DarkSightParams()


@pytest.mark.parametrize("place", ["fits", "map"])
def test_a_map_is_made_with_what_was_typed_and_shown(own, own_page, mapped, place):
    study, fit = mapped
    make = f"new-fit-{place}-make"
    pressed = {f"new_fit_{place}_make__n_clicks": 1, f"new_fit_{place}_set_classes__value": ["1", "2"]}
    told = own_page.ask(
        "darksight-fits.value", f"{make}.n_clicks", **given(study, fit["key"], **pressed),
        **typed(place, effort="quick", parametric=True),
    )  # fmt: skip
    assert asked_of(own, told) == DarkSightParams(effort="quick", parametric=True, classes=(1, 2))
    assert told[f"new-fit-{place}-form"]["opened"] is False


def test_a_mistake_keeps_the_form_open_and_asks_for_nothing(own_page, mapped):
    study, fit = mapped
    told = own_page.ask(
        "darksight-fits.value", "new-fit-fits-make.n_clicks", **given(study, fit["key"], new_fit_fits_make__n_clicks=1),
        **typed(temperature=1000),
    )  # fmt: skip
    assert told["new-fit-fits-set-temperature"]["error"] == "must be at most 100"
    assert "new-fit-fits-form" not in told  # opened anew it would be filled anew, and what was typed be lost
    assert not {"study", "darksight-fits"} & told.keys()


def test_the_form_begins_with_the_settings_of_the_shown_map(own, own_page, mapped):
    study, _ = add_map(own.engine, mapped[0], asked=DarkSightParams(temperature=4, classes=(1, 2)))
    key = fits_of(study.keys)[1]
    told = own_page.ask(
        "new-fit-fits-set-classes.data", "new-fit-fits-form.opened", **given(study, key, new_fit_fits_form__opened=True)
    )
    assert told["new-fit-fits-set-temperature"]["value"] == 4
    assert told["new-fit-fits-set-classes"]["value"] == ["1", "2"]
    assert len(told["new-fit-fits-set-classes"]["data"]) == 10


def test_another_seed_is_the_next_that_is_unused(own, own_page, mapped):
    study, fit = mapped
    restart = lambda study: own_page.ask(  # noqa: E731
        "darksight-fits.value", "new-fit-fits-restart.n_clicks",
        **given(study, fit["key"], new_fit_fits_restart__n_clicks=1),
    )  # fmt: skip
    assert asked_of(own, restart(study)) == DarkSightParams(seed=1)
    assert asked_of(own, restart(own.engine.studies.get(study.id))) == DarkSightParams(seed=2)
    assert (
        own_page.post("darksight-fits.value", "new-fit-fits-restart.n_clicks", **given(study, fit["key"])).status_code
        == 204
    )


def test_seeds_of_other_settings_are_no_matter():
    known = [DarkSightParams(seed=0), DarkSightParams(seed=1, temperature=3), DarkSightParams(seed=2)]
    assert next_seed(known[0], known) == 1
    assert next_seed(DarkSightParams(seed=7), []) == 0


def test_a_temperature_asks_for_the_shown_map_at_it_and_following_it_asks_for_nothing(own, own_page, mapped):
    study, fit = mapped
    move = lambda number: own_page.post(  # noqa: E731
        "darksight-fits.value", "new-fit-fits-temperature.value",
        **given(study, fit["key"], new_fit_fits_temperature__value=number),
    )  # fmt: skip
    assert move(0).status_code == 204
    told = move(TEMPERATURES.index(5.0)).get_json()["response"]
    assert asked_of(own, told) == DarkSightParams(temperature=5)
    followed = own_page.ask(
        "new-fit-fits-temperature.value", "darksight-fits.value", **given(study, told["darksight-fits"]["value"])
    )
    assert TEMPERATURES[followed["new-fit-fits-temperature"]["value"]] == 5


@pytest.mark.parametrize(("temperature", "stop"), [(1, 1), (0.1, 1), (100, 20), (4.6, 5), (2.2, 2)])
def test_a_temperature_between_stops_stands_at_the_nearest(temperature, stop):
    assert TEMPERATURES[nearest(temperature)] == stop


def test_before_the_predictions_are_there_it_says_so(own_page, mapped):
    study, fit = mapped
    told = own_page.ask(
        "darksight-fits.value", "new-fit-fits-restart.n_clicks",
        **given(study, fit["key"], new_fit_fits_restart__n_clicks=1, ready__data=["images"]),
    )  # fmt: skip
    assert "when the predictions are there" in str(told["toasts"])
    assert "study" not in told
