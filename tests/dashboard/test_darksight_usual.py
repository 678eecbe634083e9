"""One image on a DarkSight map, asked over HTTP as the browser does: what is said of it, its pixels, the walk."""

import csv
import io

import numpy as np
import pytest

from dashboard.darksight.fits import params_of
from dashboard.darksight.usual_figures import drawn_classes, heat_figure
from dashboard.darksight.usual_words import Rank, least_usual, rank_of, rank_words, step_from
from dashboard.links import study_data
from dashboard.server import build
from dashboard.teacher.bars import digits as written
from tests.dashboard.asking import Page
from tests.dashboard.mapped import add_map
from workers.calls import NoAnswer
from workers.darksight_params import DarkSightParams

N, N_TRAIN = 1797, 1438


@pytest.fixture
def own_page(own):
    own.empty()
    return Page(build(own.engine, own.settings).server.test_client())


@pytest.fixture
def mapped(own, own_page, digits):
    return add_map(own.engine, own.copy_study(digits))


@pytest.fixture
def by_network(own, mapped):
    """The same map, as if a network had placed the points."""
    return add_map(own.engine, mapped[0], asked=DarkSightParams(parametric=True), parametric=True)


def given(study, fit, focus, **more):
    return {
        "study__data": study_data(study), "ready__data": list(study.keys), "darksight_fit__data": fit,
        "focus__data": focus, "darksight_points_deck__value": "usual-panel", "darksight_split__value": "test",
        "tab__data": "tab",
    } | more  # fmt: skip


def looked(page, study, fit, focus, **more):
    return page.ask("usual-facts.children", "focus.data", **given(study, fit, focus, **more))


def texts(part):
    if isinstance(part, dict):
        return texts(part["props"].get("children"))
    return [text for each in part for text in texts(each)] if isinstance(part, list) else [part] if part else []


def test_bars_of_teacher_and_student_stand_side_by_side(own, own_page, mapped):
    study, fit = mapped
    image = 1500
    told = looked(own_page, study, fit, image)
    said = own.engine.results.array(study.keys["predictions"], "probabilities")[image]
    teacher, student = told["usual-bars"]["figure"]["data"]
    assert [float(text) for text in teacher["text"]] == pytest.approx(said.tolist(), rel=1e-3)
    likeliest, shares = (own.engine.results.array(fit["key"], f"student_{of}")[image] for of in ("classes", "shares"))
    stored = dict(zip(likeliest, shares, strict=True))
    assert student["text"] == [written(float(stored[c])) if c in stored else "" for c in range(10)]
    assert f"/image/{study.keys['images']}/{image}.png" in str(told["usual-image"])
    assert told["usual-panel-subtitle"]["children"].startswith("Image 1,500 (test), class ")


def test_the_rank_is_that_among_the_images_of_its_split(own, own_page, mapped):
    study, fit = mapped
    density = own.engine.results.array(fit["key"], "log_density")
    least = N_TRAIN + int(density[N_TRAIN:].argmin())
    told = looked(own_page, study, fit, least)
    assert texts(told["usual-ranks"]["children"])[1:] == ["log P(y)", written(float(density[least])), "lowest"]
    assert "among the least usual 1% of 359 test images" in str(told["usual-facts"]["children"])
    image = 7
    others = np.delete(density[:N_TRAIN], image)
    higher, lower = (others > density[image]).mean(), (others < density[image]).mean()
    mark = f"↓ {int(1000 * higher) / 10:.1f} %" if higher >= lower else f"↑ {int(1000 * lower) / 10:.1f} %"
    assert texts(looked(own_page, study, fit, image)["usual-ranks"]["children"])[-1] == mark


def test_an_image_that_the_map_hides_says_so(own, own_page, mapped):
    study, fit = add_map(own.engine, mapped[0], asked=DarkSightParams(classes=(0, 1)))
    hidden = int(np.flatnonzero(np.isnan(own.engine.results.array(fit["key"], "places")[:, 0]))[-1])
    told = looked(own_page, study, fit, hidden)
    assert "hidden on this map" in str(told["usual-facts"]["children"])
    assert told["usual-ranks"]["children"] is None
    assert told["usual-bars"]["figure"]["data"][1]["text"] == ["", ""]


def test_without_a_map_or_an_image_it_says_what_to_do(own_page, mapped):
    study, fit = mapped
    assert looked(own_page, study, None, 3)["usual-words"]["children"].startswith("This panel fills when")
    assert "least usual image" in looked(own_page, study, fit, None)["usual-words"]["children"]
    assert looked(own_page, study, fit, N)["usual-words"]["children"].startswith("Image 1,797 does not exist")
    assert looked(own_page, study, fit, 3, darksight_points_deck__value="refuse-panel") == {}


def heated(page, study, fit, focus=1500):
    return page.ask("usual-heat.figure", "focus.data", **given(study, fit, focus))


def test_a_map_without_a_network_offers_one_and_asks_for_it(own, own_page, mapped):
    study, fit = mapped
    told = heated(own_page, study, fit)
    assert told["usual-network"]["display"] == "block"
    told = own_page.ask(
        "darksight-fits.value", "usual-network.n_clicks", **given(study, fit, 1500, usual_network__n_clicks=1)
    )
    assert params_of(own.engine, told["darksight-fits"]["value"]) == DarkSightParams(parametric=True)


def test_the_pixels_are_asked_for_live_and_drawn_round_zero(own, own_page, by_network, monkeypatch):
    study, fit = by_network
    gradient = np.random.default_rng(0).normal(size=(1, 28, 28))
    asked = []
    monkeypatch.setattr(
        own.engine.calls, "ask", lambda *question: asked.append(question) or {"gradient": gradient.tolist()}
    )
    pixels = np.zeros((1, 1, 28, 28), np.uint8)
    monkeypatch.setattr(own.engine, "pixels", lambda key: type("Pixels", (), {"read": lambda self, ids: pixels})())
    told = heated(own_page, study, fit)
    name, question, tab = asked[0]
    assert (name, tab) == ("usual-pixels", "tab")
    assert question == {
        "images": study.keys["images"], "teacher": study.keys["teacher"], "darksight": fit["key"], "epoch": 3, "number": 1500,
    }  # fmt: skip
    _, drawn = told["usual-heat"]["figure"]["data"]
    assert drawn["zmax"] == -drawn["zmin"] == pytest.approx(np.abs(gradient).max())
    assert told["usual-network"]["display"] == "none"


def test_when_nobody_answers_it_says_why(own, own_page, by_network, monkeypatch):
    def silent(*question):
        raise NoAnswer("no worker answered within 5 s")

    monkeypatch.setattr(own.engine.calls, "ask", silent)
    told = heated(own_page, *by_network)
    assert told["usual-heat-words"]["children"] == "The heat-map was not answered: no worker answered within 5 s."
    assert told["usual-heat"] == {"style": {"display": "none"}}


def test_predictions_alone_have_no_heat_map_and_say_why(own, own_page, tmp_path):
    np.savez(tmp_path / "told.npz", probs=np.random.default_rng(0).dirichlet(np.ones(3), 30))
    study, fit = add_map(own.engine, own.give_study(tmp_path / "told.npz"))
    told = heated(own_page, study, fit, 3)
    assert told["usual-heat-words"]["children"].startswith("There is no heat-map, as the study is predictions alone")
    assert told["usual-network"]["display"] == "none"
    assert looked(own_page, study, fit, 3)["usual-image"]["children"] == []


def test_outliers_are_walked_in_order(own, own_page, mapped):
    study, fit = mapped
    density = own.engine.results.array(fit["key"], "log_density")
    order = (N_TRAIN + np.argsort(density[N_TRAIN:], kind="stable")).tolist()

    def press(button, focus):
        clicks = {f"{button.replace('-', '_')}__n_clicks": 1}
        return own_page.ask("focus.data", f"{button}.n_clicks", **given(study, fit, focus, **clicks))["focus"]["data"]

    assert press("usual-least", 3) == order[0]
    assert press("usual-next", order[0]) == order[1]
    assert press("usual-before", order[1]) == order[0]
    assert press("usual-before", order[0]) == order[0]
    assert press("usual-next", 3) == order[0]  # a train image is not among those that are shown


def test_numbers_can_be_taken_along(own_page, mapped):
    study, fit = mapped
    take = lambda focus: own_page.ask(  # noqa: E731
        "darksight-download.data", "take-usual.n_clicks", **given(study, fit, focus, take_usual__n_clicks=1)
    )
    _, *rows = csv.reader(io.StringIO(take(1500)["darksight-download"]["data"]["content"]))
    assert [row[0] for row in rows] == ["probability"] * 10 + ["measure"]
    assert sum(row[3] != "" for row in rows[:10]) == 3
    assert "nothing to export" in str(take(None)["toasts"])


def test_of_many_classes_the_likeliest_ten_and_the_students_are_drawn():
    teacher = np.linspace(1, 0.01, 40)
    student = np.full(40, np.nan)
    student[[0, 35]] = 0.9, 0.1
    assert drawn_classes(np.arange(40), teacher, student).tolist() == [*range(10), 35]
    assert drawn_classes(np.arange(4), teacher[:4], student[:4]).tolist() == [0, 1, 2, 3]


def test_channels_are_summed_and_a_flat_gradient_is_drawn_too():
    pixels = np.full((3, 4, 5), 200, np.uint8)
    gradient = np.stack([np.ones((4, 5)), np.zeros((4, 5)), -3 * np.ones((4, 5))])
    figure = heat_figure(pixels, gradient)
    assert np.asarray(figure.data[1].z).tolist() == np.full((4, 5), -2.0).tolist()
    assert (figure.data[1].zmin, figure.data[1].zmax) == (-2, 2)
    assert heat_figure(pixels, 0 * gradient).data[1].zmax == 1


def test_ranks_are_never_rounded_up_to_all():
    rank = lambda lower, higher: rank_words(Rank("", "", 0.0, lower, higher))  # noqa: E731
    assert rank(0.99996, 0.0) == "↓ 99.9 %"
    assert rank(1.0, 0.0) == "lowest"
    assert rank(0.2, 0.7) == "↑ 70.0 %"
    assert rank(0.0, 1.0) == "highest"


def test_equals_are_neither_higher_nor_lower():
    values, inside = np.array([1.0, 1.0, 2.0, 0.0, 9.0]), np.array([True, True, True, True, False])
    found = rank_of("", "", values, 0, inside)
    assert (found.lower_than, found.higher_than) == pytest.approx((1 / 3, 1 / 3))


def test_hidden_images_are_not_walked_to():
    density = np.array([3.0, np.nan, 1.0, 2.0])
    order = least_usual(density, np.array([True, True, True, False]))
    assert order.tolist() == [2, 0]
    assert step_from(order, 0, 1) == 0
    assert step_from(order[:0], 0, 1) is None
