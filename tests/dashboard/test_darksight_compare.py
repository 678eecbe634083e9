"""The Fits panel, asked over HTTP as the browser does: the table of maps, and two of them compared."""

import csv
import io

import numpy as np
import pytest

from dashboard.darksight.fits import ask_for, fits_of
from dashboard.links import study_data
from dashboard.measures import unpack_bits
from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map
from workers.darksight_params import DarkSightParams

N, N_TRAIN = 1797, 1438
AWAY = 1500  # the test image that lies elsewhere on the second map
TURN = np.array([[0.0, 2.0], [2.0, 0.0]])  # mirrors and doubles


@pytest.fixture(scope="module")
def own_page(own):
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture(scope="module")
def study(own, digits):
    """The digits with two finished maps, the second the first one mirrored but for one image; a third that waits, and a
    fourth that has been stopped."""
    study, fit = add_map(own.engine, own.copy_study(digits), accuracy={"student": 0.9, "teacher": 0.95})
    places = own.engine.results.array(fit["key"], "places") @ TURN
    places[AWAY] += 30
    study, _ = add_map(
        own.engine, study, places, DarkSightParams(seed=1), agreement_other=0.5, kl_divergence_other=0.25
    )
    for seed in (2, 3):
        study, key = ask_for(own.engine, study_data(study), DarkSightParams(seed=seed))
    own.engine.jobs.cancel(key)
    return study


def given(study, **more):
    first, second = fits_of(study.keys)[:2]
    return {
        "study__data": study_data(study), "ready__data": list(study.keys), "darksight_maps_deck__value": "fits-panel",
        "darksight_fits__value": first, "fits_second__value": second, "darksight_split__value": "test",
        "fits_what__value": "compare", "fits_second__data": [{"value": second}],
    } | more  # fmt: skip


def rows_of(table):
    """The rows of a table as JSON: (texts, class name, what pressing does)."""

    def texts(part):
        if isinstance(part, dict):
            return texts(part["props"].get("children"))
        return [text for each in part for text in texts(each)] if isinstance(part, list) else [part] if part else []

    _, body = table["props"]["children"]
    return [(texts(row), row["props"]["className"], row["props"]) for row in body["props"]["children"]]


def test_each_map_has_a_row_and_the_shown_one_is_marked(own_page, study):
    told = own_page.ask("fits-table.children", "darksight-maps-deck.value", **given(study))
    rows = rows_of(told["fits-table"]["children"])
    assert [texts[0] for texts, *_ in rows] == [f"seed {number}" for number in range(4)]
    assert ["fits-shown" in name for _, name, _ in rows] == [True, False, False, False]
    assert [props["data-key"] for *_, props in rows] == fits_of(study.keys)
    assert rows[0][0][1:] == ["0.01000", "–", "99.00%", "–", "90.00%", "95.00%", "1", "0.5 s", "1,797 test"]
    assert rows[1][0][1:5] == ["0.01000", "0.2500", "99.00%", "50.00%"]
    assert rows[2][0][1] == "waits for a worker"
    assert rows[3][0][1] == "stopped on request"
    assert told["fits-panel-subtitle"]["children"].endswith(": 2 of 4 made")
    assert [each["label"] for each in told["fits-second"]["data"]] == ["seed 1"]


def test_nothing_is_read_before_somebody_looks(own_page, study):
    looked = {"darksight_maps_deck__value": "parts-panel"}
    assert own_page.ask("fits-table.children", "darksight-maps-deck.value", **given(study, **looked)) == {}


def test_pressing_shows_stops_or_makes_a_map_again(own, own_page, study):
    shown, _, waiting, stopped = fits_of(study.keys)
    press = lambda action, key: own_page.ask(  # noqa: E731
        "darksight-fits.value", "fits-pressed.data", fits_pressed__data={"action": action, "key": key, "at": 1}
    )
    assert press("show", shown) == {"darksight-fits": {"value": shown}}
    assert press("cancel", waiting) == {"pulse": {"n_intervals": 1}}
    assert own.engine.jobs.get(waiting).state == "cancelled"
    for key in (waiting, stopped):
        press("retry", key)
        assert own.engine.jobs.get(key).is_open
    own.engine.jobs.cancel(stopped)


def compared(page, study, **more):
    return page.ask("fits-graph.figure", "fits-second.value", **given(study, **more))


def test_a_mirrored_map_is_the_same_but_for_the_image_that_moved(own_page, study):
    told = compared(own_page, study)
    assert told["fits-table-place"]["style"] == {"display": "none"}
    figure = told["fits-graph"]["figure"]
    assert len(figure["layout"]["images"]) == 2
    assert [each["text"] for each in figure["layout"]["annotations"]] == ["shown: seed 0", "laid onto it: seed 1"]
    shape, neighbours = (each["props"]["children"] for each in told["fits-numbers"]["children"])
    assert "of the variance of 359 images is left" in shape
    assert "of its 100 nearest an image keeps 99." in neighbours
    assert neighbours.endswith("by chance it would keep 27.9%.")


@pytest.mark.parametrize(("more", "words"), [
    ({"darksight_fits__value": "2" * 64}, "The shown map is not finished yet."),
    ({"fits_second__value": None}, "Choose the map to compare with."),
    ({"fits_second__value": None, "fits_second__data": []}, "There is no second finished map yet"),
])  # fmt: skip
def test_what_stands_in_the_way_of_a_comparison_is_said(own_page, study, more, words):
    told = compared(own_page, study, **more)
    assert told["fits-numbers"]["children"].startswith(words)
    assert told["fits-graph"] == {"style": {"display": "none"}}


def test_maps_without_a_common_image_are_not_compared(own, own_page, study):
    study, _ = add_map(own.engine, study, np.full((N, 2), np.nan), DarkSightParams(seed=9))
    told = compared(own_page, study, fits_second__value=fits_of(study.keys)[-1])
    assert "have 0 test images in common" in told["fits-numbers"]["children"]


def test_those_that_moved_most_are_selected(own_page, study):
    told = own_page.ask("selection.data", "fits-moved.n_clicks", **given(study, fits_moved__n_clicks=1))
    made = told["selection"]["data"]
    assert (made["count"], made["split"], made["by_outcome"]) == (100, "test", False)
    chosen = np.flatnonzero(unpack_bits(made["bits"], N))
    assert AWAY in chosen
    assert chosen.min() >= N_TRAIN


def test_table_and_comparison_can_be_taken_along(own_page, study):
    take = lambda what, **more: own_page.ask(  # noqa: E731
        "darksight-download.data",
        f"{what}.n_clicks",
        **given(study, **{f"{what.replace('-', '_')}__n_clicks": 1}, **more),
    )
    file = take("take-fits")["darksight-download"]["data"]
    header, *rows = csv.reader(io.StringIO(file["content"]))
    assert [dict(zip(header, row, strict=True))["seed"] for row in rows][:2] == ["0", "1"]
    assert dict(zip(header, rows[0], strict=True))["accuracy_student"] == "0.9"
    file = take("take-fits-moved")["darksight-download"]["data"]
    header, *rows = csv.reader(io.StringIO(file["content"]))
    assert [int(row[0]) for row in rows] == list(range(N_TRAIN, N))
    assert float(min(rows, key=lambda row: float(row[5]))[5]) < 1
    assert "nothing to export" in str(take("take-fits-moved", fits_second__value=None)["toasts"])
