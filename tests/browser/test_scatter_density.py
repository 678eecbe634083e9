"""The map of more points than are drawn one by one; the limit is a low one here."""

import re

import numpy as np
import pytest

from tests.browser.test_scatter import N_TRAIN, TEST, corner, halves, inside, places  # noqa: F401 (two are fixtures)

LIMIT = "limit => { window.darkroom.mostDrawn = limit }"


@pytest.fixture
def dense_desk(desk):
    desk.wait_map()
    most = desk.js("window.darkroom.mostDrawn")
    desk.js(LIMIT, 100)
    desk.js("window.darkroom.maps.scatter.draw()")
    wait_picture(desk)
    yield desk
    desk.js(LIMIT, most)


def wait_picture(desk, told=""):
    """Until there is the picture whose address has `told` in it."""
    desk.wait(
        """told => { const {drawing} = window.darkroom.maps.scatter;
            return drawing?.drawings === 0 && drawing.plot.layout?.images?.length === 1 && drawing.address?.includes(told)
                && drawing.plot.querySelector('image')?.getAttribute('href')?.startsWith('data:image/png') }""",
        told,
    )


def test_many_points_are_a_picture_and_points_where_few_are_in_view(dense_desk, arrays, places):  # noqa: F811
    line = "#scatter-panel-subtitle"
    dense_desk.sees(line, re.compile(r"^Density of 359 test images; zoom in for points · PCA"))
    assert dense_desk.js("window.darkroom.maps.scatter.members") == [[], []]
    x, y = dense_desk.place(places[1500].tolist())
    dense_desk.page.mouse.click(x, y)
    dense_desk.wait_data("focus", "data !== null")
    at = places[dense_desk.data("focus")]
    assert np.linalg.norm(at - places[1500]) < np.ptp(places) / 20
    dense_desk.wait_ring(at)
    dense_desk.pick("scatter-colour", "Entropy")
    wait_picture(dense_desk, "by=entropy")
    near = float(np.sort(np.abs(places[TEST] - places[1500]).max(axis=1))[50])
    window = [float(places[1500, 0]) - near, float(places[1500, 0]) + near]
    dense_desk.js("x => { window.Plotly.relayout(window.darkroom.maps.scatter.plot, {'xaxis.range': x}) }", window)
    dense_desk.sees(line, re.compile(r"^[\d]+ points in view, of 359 test images · PCA"))
    dense_desk.wait("window.darkroom.maps.scatter.drawing.isFew && window.darkroom.maps.scatter.drawings === 0")
    left, right, bottom, top = dense_desk.js("window.darkroom.maps.scatter.drawing.view()")
    members = dense_desk.js("window.darkroom.maps.scatter.members")
    x, y = places.T
    seen = (np.arange(len(x)) >= N_TRAIN) & (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    assert sorted(members[0] + members[1]) == np.flatnonzero(seen).tolist()
    assert all(arrays("labels")[image] != arrays("predicted")[image] for image in members[1])
    assert dense_desk.js("window.darkroom.maps.scatter.drawing.painted") == seen.sum()
    assert dense_desk.js("window.darkroom.maps.scatter.plot.layout.images") == []


def test_an_outline_goes_to_the_server(dense_desk, arrays, places, corner):  # noqa: F811
    lower, upper = halves(places, corner)
    dense_desk.lasso(lower)
    dense_desk.wait_grid(inside(places, lower))
    dense_desk.sees("#grid-panel-subtitle", re.compile(f"^Lasso of {len(inside(places, lower))} images"))
    wait_picture(dense_desk, dense_desk.data("selection")["id"])
    assert (
        dense_desk.js("window.darkroom.maps.scatter.plot.layout.selections.length") == 1
    )  # it stays until the next one
    assert "bits" not in dense_desk.data("scatter-picked")
    dense_desk.lasso(upper, "Shift")
    dense_desk.wait_grid(inside(places, corner))
    assert dense_desk.js("window.darkroom.maps.scatter.plot.layout.selections") == []
    dense_desk.at("#scatter-legend button").nth(3).click()
    wait_picture(dense_desk, "hidden=3")
    dense_desk.lasso(lower, "Alt")
    labels = arrays("labels")
    kept = set(inside(places, upper)) | {image for image in inside(places, lower) if labels[image] == 3}
    dense_desk.wait_grid(sorted(kept))
    dense_desk.page.keyboard.press("Escape")
    dense_desk.wait_grid(TEST)
    dense_desk.at("#scatter-legend button").nth(4).click(modifiers=["Shift"])
    dense_desk.wait_grid([image for image in TEST if labels[image] == 4])
    dense_desk.sees("#grid-panel-subtitle", re.compile("^Class 4 of "))


def test_in_space_many_points_are_refused_and_the_plane_offered(dense_desk):
    dense_desk.js("() => { const {maps: {scatter}} = window.darkroom; scatter.source.dims = 3; scatter.draw() }")
    dense_desk.sees(".scatter-refusal", re.compile("^In 3-D up to 100 images are drawn; these are 359."))
    assert dense_desk.js("document.querySelectorAll('#scatter .scatter-plot').length") == 0
    dense_desk.at(".scatter-refusal button").click()
    assert dense_desk.props("scatter-dims")["value"] == "2"
