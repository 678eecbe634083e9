"""The tree of classes in the browser: what only a click, a second click and a held key can tell."""

import re

import numpy as np
import pytest

N, N_TRAIN = 1797, 1438


@pytest.fixture
def tree_desk(desk):
    """The tree drawn, which is asked for when it comes into sight."""
    desk.page.get_by_role("tab", name="Classes").click()
    desk.wait(
        "document.querySelector('#classes .slicetext') && document.querySelector('#classes .js-plotly-plot').dataset.hears"
    )
    desk.js("window.dash_clientside.set_props('classes-levels', {value: 9})")
    desk.sees("#classes-levels-text", "every fork")
    desk.wait("document.querySelector('#classes .js-plotly-plot').data[0].ids.length === 19")
    return desk


def sector(desk, name):
    """The middle of the label of a sector, in px."""
    return desk.js(
        """name => { const found = [...document.querySelectorAll('#classes .slice')].find(slice => slice.textContent === name);
            const box = found.querySelector('text').getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2] }""",
        name,
    )


def click(desk, name, key=None, count=1):
    x, y = sector(desk, name)
    desk.page.mouse.move(x, y)
    if key:
        desk.page.keyboard.down(key)
    desk.page.mouse.click(x, y, click_count=count)
    if key:
        desk.page.keyboard.up(key)


def ids_of_classes(arrays, *classes):
    wanted = np.isin(arrays("labels"), classes) & (np.arange(N) >= N_TRAIN)
    return np.flatnonzero(wanted).tolist()


def test_a_click_selects_shift_adds_a_second_click_zooms(tree_desk, arrays):
    tree_desk.sees("#classes-panel-subtitle", re.compile(r"^Accuracy \d\d\.\d% of 359 test images, 10 classes$"))
    click(tree_desk, "3")
    tree_desk.wait_grid(ids_of_classes(arrays, 3))
    assert tree_desk.js("document.querySelector('#classes .js-plotly-plot').layout.meta.level") == "18"
    click(tree_desk, "6", "Shift")
    tree_desk.wait_grid(ids_of_classes(arrays, 3, 6))
    tree_desk.sees("#grid-panel-subtitle", re.compile("^classes 3, 6: "))
    # A fork that holds few enough classes to be named; a double click goes into it, its name above out again.
    name = tree_desk.js(
        "[...document.querySelectorAll('#classes .slicetext')].map(text => text.textContent).find(text => text[0] === '{')"
    )
    click(tree_desk, name, count=2)
    tree_desk.wait("document.querySelector('#classes .js-plotly-plot').layout.meta.level !== '18'")
    tree_desk.wait_grid(ids_of_classes(arrays, *map(int, name.strip("{}").split(","))))
    tree_desk.sees("#classes-crumbs .classes-node:first-child", "all classes")
    tree_desk.at("#classes-crumbs .classes-node:first-child").click()
    tree_desk.wait("document.querySelector('#classes .js-plotly-plot').layout.meta.level === '18'")
    # The way of an image is framed, and each step of it selects.
    image = ids_of_classes(arrays, 3)[0]
    tree_desk.js("image => window.dash_clientside.set_props('focus', {data: image})", image)
    tree_desk.wait("document.querySelectorAll('#classes-path .classes-node').length > 1")
    last = tree_desk.at("#classes-path .classes-node").last
    end = int(last.inner_text())
    last.click()
    tree_desk.wait_grid(ids_of_classes(arrays, end))
    # The other drawing of the same.
    tree_desk.choose("classes-what", "Dendrogram")
    tree_desk.wait("document.querySelector('#classes .js-plotly-plot').data.length === 2")
    x, y = tree_desk.js("""() => { const plot = document.querySelector('#classes .js-plotly-plot');
        const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect(), place = plot.data[1].ids.indexOf('5');
        return [box.left + xaxis._offset + xaxis.d2p(plot.data[1].x[place]),
            box.top + yaxis._offset + yaxis.d2p(plot.data[1].y[place])] }""")
    tree_desk.page.mouse.move(x - 4, y)
    tree_desk.page.mouse.move(x, y)
    tree_desk.wait("document.querySelector('#classes .js-plotly-plot')._hoverdata?.[0].id === '5'")
    tree_desk.page.mouse.click(x, y)
    tree_desk.wait_grid(ids_of_classes(arrays, 5))
