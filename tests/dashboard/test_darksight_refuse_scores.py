"""Arithmetic of refusal, held against the science; and its figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.darksight.refuse_figure import FAINT, KNOWN, colours_of, curves_figure, histogram, reach, scores_figure
from dashboard.darksight.refuse_list import entries
from dashboard.darksight.refuse_measures import Measure, drawn_of, families
from dashboard.darksight.refuse_scores import Tally, contributions, difference, percent, threshold_for
from models.confidence import RejectCurve

few = st.lists(st.sampled_from([-np.inf, -2.5, 0.0, 0.1, 3.0]), min_size=1, max_size=40).map(np.array)


@given(few, st.floats(0.001, 1))
def test_a_threshold_is_that_of_the_reject_curve(scores, share):
    assert threshold_for(scores, share) == RejectCurve(scores, scores > 0).threshold_for(share)


def test_equals_stay_together():
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert threshold_for(scores, 0.3) == 0.5
    assert threshold_for(scores, 0.2) == 0.9
    assert threshold_for(np.arange(1000.0), 0.981) == 19
    assert threshold_for(np.arange(3.0), 1 / 3) == 2


@given(few, st.integers(0, 9))
def test_the_mean_is_that_of_the_reject_curve_and_what_sways_it_evens_out(scores, seed):
    correct = np.random.default_rng(seed).random(len(scores)) < 0.7
    mean, sways = contributions(scores, correct)
    assert mean == pytest.approx(RejectCurve(scores, correct).mean)
    assert sways.mean() == pytest.approx(0, abs=1e-12)


def test_the_interval_of_a_difference_is_that_of_a_bootstrap():
    generator = np.random.default_rng(0)
    sure = generator.normal(size=1500)
    correct = generator.random(1500) < 1 / (1 + np.exp(-1 - 2 * sure))
    one, other = sure + generator.normal(size=1500) / 3, np.round(sure + generator.normal(size=1500), 1)
    lead, half = difference(one, other, correct)
    curves = RejectCurve(one, correct), RejectCurve(other, correct)
    assert lead == pytest.approx(curves[0].mean - curves[1].mean)
    drawn = [generator.integers(0, 1500, 1500) for _ in range(400)]
    leads = [RejectCurve(one[of], correct[of]).mean - RejectCurve(other[of], correct[of]).mean for of in drawn]
    assert half == pytest.approx(1.96 * np.std(leads), rel=0.12)
    assert difference(one, one, correct) == (0, 0)


def test_what_comes_of_a_refusal_is_told():
    refused = np.arange(10_000) >= 9_812
    correct = np.ones(10_000, bool)
    correct[:57] = correct[9_812:9_910] = False
    told = Tally.of(refused, np.ones(10_000, bool), correct)
    assert told == Tally(10_000, 9_812, 9_755, 98)
    assert told.words("test images") == (
        "keeps 9,812 of 10,000 test images (98.1%), of which 99.42% are right (95% interval 99.25 to 99.55%); refuses 188, of "
        "which 52.1% are wrong"
    )
    alone = Tally.of(refused, np.ones(10_000, bool), None)
    assert alone.words("images") == "keeps 9,812 of 10,000 images (98.1%); refuses 188"
    some = Tally.of(refused, np.arange(10_000) >= 9_000, correct)
    assert (some.count, some.kept, some.right, some.wrong) == (1000, 812, 812, 98)
    assert Tally(4, 0, 0, 1).words("images") == "keeps 0 of 4 images (0%); refuses 4, of which 25.0% are wrong"
    assert Tally(4, 4, 4, 0).words("images").endswith("are right (95% interval 51.0 to 100%); refuses none")
    assert Tally(0, 0).words("train images") == "there are no train images"


def test_shares_are_written_so_that_none_looks_like_all():
    assert [percent(share) for share in (0, 0.004, 0.5, 0.981, 0.9994, 1)] == [
        "0%", "0.40%", "50.0%", "98.1%", "99.94%", "100%",
    ]  # fmt: skip
    assert percent(0.962, 0.9919) == "96.20%"


def curve(name, y):
    x = np.linspace(0.002, 1, 501)
    return {name: (name.title(), x, np.full(501, y))}


def test_all_measures_have_a_curve_and_the_chosen_one_is_strong():
    curves = curve("entropy", 0.999) | curve("map-kde", 0.99) | curve("map-kde@9f1c", 0.985)
    best = (np.linspace(0.002, 1, 501), np.ones(501))
    figure = curves_figure(curves, best, 0.98, "map-kde", 0.95, colours_of(list(curves)))
    assert [trace.name for trace in figure.data] == ["Entropy", "Map-Kde", "Map-Kde@9F1C", "best possible", "chance"]
    assert [trace.line.width for trace in figure.data[:3]] == [1.5, 3, 1.5]
    assert [trace.opacity for trace in figure.data[:3]] == [FAINT, 1, FAINT]
    assert [trace.line.dash for trace in figure.data] == ["solid", "solid", "dash", "dot", "dot"]
    assert figure.data[4].y.tolist() == pytest.approx([0.98, 0.98])
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1, line.yref) == (0.95, 0.95, "paper")
    low, high = figure.layout.yaxis.range
    assert 0.97 < low < 0.98
    assert 1 < high < 1.01


def test_the_axis_shows_where_curves_differ():
    x = np.linspace(0.002, 1, 501)
    early = np.where(x < 0.04, 0, 0.99)  # the first few are wrong
    assert reach([early], [x], 0.98) == reach([np.full(501, 0.99)], [x], 0.98)
    assert reach([np.full(501, 0.3)], [x], 0.98)[0] == pytest.approx(1 - 1.06 * 0.06)
    assert reach([np.ones(501)], [x], 1.0)[0] < 1 < reach([np.ones(501)], [x], 1.0)[1]


def test_measures_keep_their_colours():
    assert colours_of(["entropy", "map-kde"]) == {
        name: colour for name, colour in colours_of(KNOWN).items() if name in ("entropy", "map-kde")
    }
    names = [*KNOWN, *(f"map-kde@{number}" for number in range(12))]
    assert len(set(colours_of(names).values())) == len(names)


def test_without_labels_the_scores_are_drawn():
    scores = np.array([-np.inf, 0.0, 0.5, 0.5, 1.0])
    figure = scores_figure(scores, "Margin", "", "#123456", 0.5)
    (bars,) = figure.data
    assert sum(bars.y) == 4
    assert figure.layout.shapes[0].x0 == 0.5
    assert figure.layout.xaxis.title.text == "Margin: the higher, the more confident"
    assert histogram(scores)[0].sum() == 4


def measured(name, title, mean):
    return Measure(name, title, "nats", mean, None, "0" * 64, name.partition("@")[0], 100)


SWEPT = [
    measured("map-kde", "KDE on DarkSight", 0.99),
    measured("map-kde@c", "KDE on t-SNE of logits, perplexity 30", 0.98),
    measured("entropy", "Entropy", 0.97),
    measured("map-kde@a", "KDE on t-SNE of logits, perplexity 5", 0.96),
    measured("map-mixture@a", "Gaussians on t-SNE of logits, perplexity 5", 0.955),
    measured("map-kde@b", "KDE on t-SNE of logits, perplexity 10", 0.95),
]


def test_measures_that_differ_in_a_setting_of_their_map_are_folded_under_the_best():
    names = [[each.name for each in family] for family in families(SWEPT)]
    assert names == [["map-kde"], ["map-kde@c", "map-kde@a", "map-kde@b"], ["entropy"], ["map-mixture@a"]]
    listed = entries(SWEPT, "entropy")
    assert [type(line).__name__ for line in listed] == ["Button", "Button", "Details", "Button", "Button"]
    summary, *lines = listed[2].children
    assert (summary.children, listed[2].open) == ("2 more like it, 95.00% to 96.00%", False)
    assert [line.children[1].children for line in lines] == ["perplexity 5", "perplexity 10"]
    # One of them that is chosen is seen, in the list and as a curve.
    assert entries(SWEPT, "map-kde@b")[2].open
    assert [each.name for each in drawn_of(SWEPT, "map-kde@b")] == [
        "map-kde", "map-kde@c", "entropy", "map-mixture@a", "map-kde@b",
    ]  # fmt: skip
    assert len(drawn_of(SWEPT, "entropy")) == 4
