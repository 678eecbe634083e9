"""The DarkSight map in the browser: what is around its points, what is drawn on it, and that it is drawn while it is fitted."""

import re
import threading

import numpy as np
import pytest

from dashboard.theme import class_colours
from tests.browser.desk import served
from tests.dashboard.borrowed import own_store
from tests.dashboard.mapped import add_map, anchors
from workers.darksight_params import DarkSightParams

MAP = "window.darkroom.maps.darksight"
N, K = 3_000, 5
NUMBER = r"-?[\d.]+(?:e-?\d+)?"


@pytest.fixture(scope="module")
def darksight(digits, darksight_own):
    """The digits with a map: (engine, study, fit)."""
    own = darksight_own
    return own.engine, *add_map(own.engine, own.copy_study(digits))


@pytest.fixture
def map_desk(darksight_desk, darksight):
    """The view, its map drawn."""
    desk = darksight_desk(darksight[1].id)
    desk.wait(f"{MAP}?.plot?.calcdata?.length === 2 && {MAP}.drawings === 0")
    return desk


def place(desk, at):
    """Where a place of the map is, in px of the window."""
    return desk.js(
        """([x, y]) => { const {plot} = window.darkroom.maps.darksight, box = plot.getBoundingClientRect();
            const {xaxis, yaxis} = plot._fullLayout;
            return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)] }""",
        [float(number) for number in at],
    )


def drag(desk, *corners):
    desk.page.mouse.move(*place(desk, corners[0]))
    desk.page.mouse.down()
    for corner in corners[1:]:
        desk.page.mouse.move(*place(desk, corner), steps=5)
    desk.page.mouse.up()


def test_contours_and_stars_stand_around_the_points(map_desk, darksight):
    engine, _, fit = darksight
    told = map_desk.js(f"""() => {{ const {{extras: {{over: [stars]}}, plot}} = {MAP}, [{{trace: lines}}] = plot.calcdata[1];
        return {{types: [lines.type, stars.type], x: Array.from(stars.x), y: Array.from(stars.y), text: stars.text,
            z: Array.from(lines.z, row => Array.from(row))}} }}""")
    assert told["types"] == ["contour", "scatter"]
    assert np.allclose(np.stack([told["x"], told["y"]], axis=1), anchors(10), atol=1e-5)
    assert told["text"] == [str(number) for number in range(10)]
    assert np.allclose(told["z"], engine.results.array(fit["key"], "grid_log_density"))
    # The stars are painted over the points, in the colour of their class, with the page's colour round them.
    for number, scheme in ((0, "light"), (3, "dark")):
        map_desk.js("scheme => document.documentElement.setAttribute('data-mantine-color-scheme', scheme)", scheme)
        map_desk.wait(
            f"""([[x, y], wanted]) => {{ const {{plot: {{_fullLayout: {{xaxis, yaxis}}}}, drawing}} = {MAP}, {{over}} = drawing;
                const at = [xaxis.d2p(x), yaxis.d2p(y)].map(px => Math.round(devicePixelRatio * px));
                const copy = Object.assign(document.createElement('canvas'), {{width: 1, height: 1}}).getContext('2d');
                copy.drawImage(over.canvas, ...at, 1, 1, 0, 0, 1, 1);
                const pixel = Array.from(copy.getImageData(0, 0, 1, 1).data);
                const hex = '#' + pixel.slice(0, 3).map(part => part.toString(16).padStart(2, '0')).join('');
                return hex === wanted && over.canvas.isConnected }}""",
            [anchors(10)[number].tolist(), class_colours(10)[number]],
        )
    map_desk.js("document.documentElement.setAttribute('data-mantine-color-scheme', 'light')")
    lines = map_desk.js(f"{MAP}.plot.querySelectorAll('.contourlevel').length")
    assert lines == 9  # the least density of a point, and as many above it as the slider says
    map_desk.js("dash_clientside.set_props('darksight-levels', {value: 0})")
    map_desk.wait(f"{MAP}.plot.calcdata.length === 1 && {MAP}.drawings === 0")
    map_desk.js("dash_clientside.set_props('darksight-levels', {value: 3})")
    map_desk.wait(f"{MAP}.plot.querySelectorAll('.contourlevel').length === 4")


def test_what_is_drawn_is_selected_and_told(map_desk, darksight):
    engine, study, fit = darksight
    places = engine.results.array(fit["key"], "places")
    (x, y), edge = anchors(10)[0], 1.5
    inside = np.flatnonzero((np.abs(places - anchors(10)[0]) < edge).all(axis=1))
    inside = inside[inside >= 1438]
    assert len(inside) > 5
    box = [(x - edge, y - edge), (x + edge, y - edge), (x + edge, y + edge), (x - edge, y + edge), (x - edge, y - edge)]
    drag(map_desk, *box)
    assert map_desk.wait_data("selection", "data")["count"] == pytest.approx(len(inside), abs=2)  # a px of the edge
    told = map_desk.wait_data("darksight-outline", "data")
    assert (told["tool"], told["map"]) == ("lasso", fit["key"])
    assert min(told["x"]) == pytest.approx(x - edge, abs=0.2)
    assert max(told["y"]) == pytest.approx(y + edge, abs=0.2)

    # A line is an arrow, and where its bridge is looked at it stands in its corridor; the newest takes the place of the last.
    map_desk.at("#darksight .modebar-btn[data-val=drawline]").click()
    drag(map_desk, anchors(10)[0], anchors(10)[1])
    told = map_desk.wait_data("darksight-outline", "data.tool === 'line'")
    assert np.allclose(np.stack([told["x"], told["y"]], axis=1), anchors(10)[:2], atol=0.2)
    map_desk.wait(f"{MAP}.extras.over.length === 2 && {MAP}.plot.layout.shapes.length === 0")
    map_desk.page.get_by_role("tab", name="Bridge").click()
    map_desk.wait(f"{MAP}.plot.layout.shapes.length === 1")
    drag(map_desk, anchors(10)[1], anchors(10)[2])
    at = map_desk.wait_data("darksight-outline", f"data.at > {told['at']}")["at"]
    way = map_desk.wait_data("bridge-way", f"data?.at === {at}")
    map_desk.wait(f"{MAP}.extras.over[0].x[0] === {way['way'][0][0]} && {MAP}.plot.layout.shapes[0]?.type === 'path'")
    assert map_desk.js(f"{MAP}.plot.layout.shapes.length") == 1
    start, end = np.array(way["way"])
    corners = np.array(re.findall(NUMBER, map_desk.js(f"{MAP}.plot.layout.shapes[0].path")), float).reshape(4, 2)
    step = (end - start) / np.hypot(*(end - start))
    assert np.allclose((corners - start) @ step, np.array([0, 1, 1, 0]) * np.hypot(*(end - start)))
    aside = (corners - start) @ [-step[1], step[0]]
    assert np.allclose(np.abs(aside), way["width"] / 2)
    # A class that the legend hides counts in it no longer.
    before = map_desk.data("bridge-source")["count"]
    map_desk.at("#darksight-legend .scatter-entry").nth(2).click()
    assert map_desk.wait_data("darksight-unshown", "data") == {"grouping": "true", "hidden": [2]}
    map_desk.wait_data("bridge-source", f"data === null || data.count < {before}")
    regions = {"map": fit["key"], "outlines": [{"x": [0, 1, 0], "y": [0, 0, 1]}]}
    map_desk.js("regions => dash_clientside.set_props('darksight-regions', {data: regions})", regions)
    map_desk.wait(f"{MAP}.plot.layout.shapes.length === 2")
    map_desk.at("#bridge-clear").click()
    map_desk.wait(f"{MAP}.plot.layout.shapes.length === 1 && {MAP}.extras.over.length === 1")
    assert map_desk.data("bridge-source") is None
    assert study.id in map_desk.page.url


def test_a_hovered_point_shows_its_card_and_is_coloured_by_density(map_desk, darksight):
    engine, _, fit = darksight
    places, densities = (engine.results.array(fit["key"], name) for name in ("places", "log_density"))
    alone = 1438 + int(np.argmin(densities[1438:]))
    map_desk.page.mouse.move(*place(map_desk, places[alone] + 0.3))
    map_desk.page.mouse.move(*place(map_desk, places[alone]), steps=3)
    map_desk.sees(".hover-card-number", f"image {alone:,}")
    map_desk.js("dash_clientside.set_props('darksight-colour', {value: 'density'})")
    map_desk.wait(f"{MAP}.colouring.name === 'density' && {MAP}.drawings === 0")
    assert map_desk.js(f"Array.from({MAP}.colouring.values)") == pytest.approx(densities.tolist(), rel=1e-5)
    map_desk.js("dash_clientside.set_props('darksight-colour', {value: 'none'})")
    map_desk.wait(f"{MAP}.colouring.name === 'none'")


@pytest.mark.slow
def test_a_map_is_drawn_while_it_is_fitted(free_desks, tmp_path):
    from workers import tasks  # registers what the kinds do, and takes torch
    from workers.runner import Attempt, Runner

    assert tasks
    random = np.random.default_rng(0)
    truth = random.integers(K, size=N)
    logits = 4 * np.eye(K)[truth] + random.normal(0, 1.2, (N, K))
    np.savez(tmp_path / "told.npz", logits=logits, labels=truth)
    with own_store(tmp_path / "store") as own, pytest.MonkeyPatch.context() as patch:
        study = own.give_study(tmp_path / "told.npz")
        patch.setenv("DARKROOM_DATA_DIR", str(own.settings.data_dir))
        seen = threading.Event()
        show = Attempt.preview

        def show_and_wait(attempt, array):
            """The page looks twice a second, and a fit so small takes little longer."""
            show(attempt, array)
            seen.wait(120)

        patch.setattr(Attempt, "preview", show_and_wait)
        with served(own.engine, own.settings) as address:
            desk = free_desks(site=address)
            desk.page.goto(f"{address}/?study={study.id}&views=darksight")
            role = "Object.keys(data?.keys ?? {}).some(role => role.startsWith('darksight-'))"
            keys = desk.wait_data("study", role)["keys"]
            key = next(key for role, key in keys.items() if role.startswith("darksight-"))
            runner = Runner(own.engine.jobs, own.engine.results, "here", 60.0, {})
            worker = threading.Thread(target=runner.run, args=(key,))
            worker.start()
            try:
                desk.wait(f"{MAP}?.source?.preview > 0 && {MAP}.plot?.calcdata?.length")
                assert "preview" in desk.at("#darksight-panel-subtitle").inner_text()
            finally:
                seen.set()
                worker.join(120)
            assert own.engine.jobs.get(key).state == "done", own.engine.jobs.get(key).error
            desk.wait(f"{MAP}.source.map === '{key}' && !{MAP}.source.preview && {MAP}.plot.calcdata?.length === 2")
            assert desk.data("darksight-fit") == {"key": key, "split": DarkSightParams().split}
            desk.page.goto("about:blank")  # before its server goes
