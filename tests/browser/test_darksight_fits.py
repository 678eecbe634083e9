"""DarkSight maps of a study in the browser: listed, compared, parted by classes; and the focused image on the shown one."""

import re

import numpy as np
import pytest

from dashboard.darksight.fits import fits_of
from tests.browser.desk import PLOT
from tests.dashboard.mapped import add_map
from workers.darksight_params import DarkSightParams

pytestmark = pytest.mark.slow

N_TRAIN = 1438
PARTS = ((0, 1, 2, 3), (4, 5, 6), (7, 8, 9))  # four classes at most, by number


@pytest.fixture(scope="module")
def maps(digits, darksight_own):
    """The digits with two maps, and one of each part: (engine, study)."""
    own = darksight_own
    study, fit = add_map(own.engine, own.copy_study(digits))
    places = own.engine.results.array(fit["key"], "places")[:, ::-1]
    moved = places + np.random.default_rng(0).normal(size=places.shape)
    study, _ = add_map(own.engine, study, moved, DarkSightParams(seed=1))
    for classes in PARTS:
        study, _ = add_map(own.engine, study, asked=DarkSightParams(classes=classes))
    return own.engine, study


@pytest.fixture
def fits_desk(darksight_desk, maps):
    desk = darksight_desk(maps[1].id)
    desk.wait_data("darksight-fit", "data")
    return desk


def shown(desk, key):
    desk.wait(f"dash_component_api.getLayout('darksight-fits').props.value === '{key}'")
    desk.wait_data("darksight-fit", f"data?.key === '{key}'")


def test_a_row_shows_its_map_and_two_maps_are_compared(fits_desk, maps):
    second = fits_of(maps[1].keys)[1]
    fits_desk.page.get_by_role("tab", name="Fits", exact=True).click()
    fits_desk.wait("document.querySelectorAll('.fits-table tbody tr').length === 5")
    fits_desk.at(".fits-table tbody tr").nth(1).click()
    shown(fits_desk, second)
    fits_desk.sees(".fits-shown .jobs-name", "seed 1")
    fits_desk.choose("fits-what", "Compare")
    fits_desk.pick("fits-second", "seed 0")
    fits_desk.sees("#fits-numbers p:last-child", re.compile("an image keeps .* by chance it would keep 27.9%"))
    fits_desk.wait(f"{PLOT.format('fits-graph')}?.calcdata?.length === 2")
    fits_desk.at("#fits-moved").click()
    assert fits_desk.wait_selected("100 that moved most between two maps")["count"] == 100


def test_a_plot_of_some_classes_shows_their_map(fits_desk, maps):
    keys = fits_of(maps[1].keys)[2:]
    fits_desk.page.get_by_role("tab", name="Parts", exact=True).click()
    fits_desk.pick("parts-size", "4 classes each")
    fits_desk.pick("parts-order", "By number")
    fits_desk.sees("#parts-told", "3 of 3 maps made")
    fits_desk.wait(f"{PLOT.format('parts')}?.calcdata?.length === 6")
    assert fits_desk.js("document.querySelectorAll('#parts canvas').length") == 0  # no WebGL
    box = fits_desk.js(
        f"""() => {{ const plot = {PLOT.format("parts")}, box = plot.getBoundingClientRect();
            const {{xaxis2: x, yaxis2: y}} = plot._fullLayout;
            return [box.left + x._offset + 5, box.top + y._offset + 5] }}"""
    )
    fits_desk.page.mouse.move(*box)
    fits_desk.page.mouse.move(box[0] + 4, box[1] + 4)
    fits_desk.wait(f"{PLOT.format('parts')}._hoverdata?.[0]?.curveNumber === 1")  # Plotly hovers 50 ms late
    fits_desk.page.mouse.click(box[0] + 4, box[1] + 4)
    shown(fits_desk, keys[1])


def test_outliers_are_walked_and_a_new_map_is_asked_for(fits_desk, maps):
    engine, study = maps
    density = engine.results.array(fits_of(study.keys)[0], "log_density")[N_TRAIN:]
    order = (N_TRAIN + np.argsort(density, kind="stable")).tolist()
    fits_desk.page.get_by_role("tab", name="Image", exact=True).click()
    fits_desk.at("#usual-least").click()
    fits_desk.sees("#usual-panel-subtitle", re.compile(rf"^Image {order[0]:,} \(test\)"))
    fits_desk.wait(f"{PLOT.format('usual-bars')}?.calcdata?.length === 2")
    fits_desk.sees("#usual-ranks tr:first-child td:last-child", "lowest")
    fits_desk.at("#usual-next").click()
    fits_desk.sees("#usual-panel-subtitle", re.compile(rf"^Image {order[1]:,} \(test\)"))
    fits_desk.at("#usual-network").click()
    fits_desk.wait_data("study", "Object.keys(data.keys).filter(role => role.startsWith('darksight-')).length === 6")
    fits_desk.sees("#usual-words", "This panel fills when the DarkSight map is there.")
