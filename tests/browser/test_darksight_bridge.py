"""The bridge in the browser: where its columns are, what hovering, clicking and walking tell the other views; and the card of a
hovered point."""

import base64
import re

import numpy as np
import pytest

from tests.dashboard.mapped import add_map, anchors


@pytest.fixture(scope="module")
def darksight(digits, darksight_own):
    """The digits with a map: (engine, study, fit)."""
    own = darksight_own
    return own.engine, *add_map(own.engine, own.copy_study(digits))


@pytest.fixture
def bridge_desk(darksight_desk, darksight):
    """The view with the panel in front, and a bridge drawn from the first to the second class."""
    _, study, fit = darksight
    desk = darksight_desk(study.id)
    desk.page.get_by_role("tab", name="Bridge").click()
    desk.sees("#bridge-words", re.compile("^Draw a line on the map"))
    (x0, y0), (x1, y1) = anchors(10)[:2].tolist()
    drawn = {"map": fit["key"], "tool": "line", "x": [x0, x1], "y": [y0, y1], "at": 1}
    desk.js(
        """drawn => { dash_clientside.set_props('bridge-width', {value: 10});
            dash_clientside.set_props('darksight-outline', {data: drawn}) }""",
        drawn,
    )
    desk.sees("#bridge-panel-subtitle", re.compile(r"^\d+ test images from 0 to 1$"))
    desk.wait("document.querySelector('#bridge').dataset.ready === 'true'")
    return desk


def ids(desk):
    desk.wait("dash_component_api.getLayout('bridge-source').props.data && window.darkroom.bridge.columns")
    told = base64.b64decode(desk.data("bridge-source")["ids"])
    return np.frombuffer(told, "u1").reshape(4, -1).T.copy().view("<u4")[:, 0].tolist()


def middle(desk, column):
    """Of a column, in px of the window."""
    return desk.js(
        """column => { const {columns, canvas, painter, scroll} = window.darkroom.bridge;
            const box = canvas.getBoundingClientRect();
            return [box.left + painter.plotLeft + (column + 0.5) * columns.width - scroll.scrollLeft,
                box.top + painter.top + 20] }""",
        column,
    )


def test_a_column_is_hovered_looked_at_and_walked_from_and_all_are_selected(bridge_desk, darksight):
    engine, study, fit = darksight
    images = ids(bridge_desk)
    labels = engine.results.array(study.keys["images"], "labels")
    predicted = engine.results.array(study.keys["predictions"], "predicted")
    bridge_desk.js(
        "() => { window.heard = []; addEventListener('darkroom-hover', ({detail}) => window.heard.push(detail)) }"
    )
    bridge_desk.page.mouse.move(*middle(bridge_desk, 3))
    bridge_desk.sees(".hover-card-number", f"image {images[3]:,}")
    bridge_desk.sees(".hover-card-facts :nth-child(2)", f"true {labels[images[3]]}")
    bridge_desk.sees(".hover-card-facts :nth-child(3)", f"predicted {predicted[images[3]]}")
    classes, shares = (engine.results.array(fit["key"], f"teacher_{what}")[images[3]] for what in ("classes", "shares"))
    bridge_desk.sees(".hover-card-side:first-child .hover-card-row:nth-child(2) .hover-card-name", str(classes[0]))
    expected = ">99.9%" if shares[0] >= 0.9995 else f"{100 * shares[0]:.1f}%"
    bridge_desk.sees(".hover-card-side:first-child .hover-card-row:nth-child(2) .hover-card-share", expected)
    assert bridge_desk.js("window.heard.at(-1)") == {"id": images[3], "origin": "bridge"}
    bridge_desk.page.mouse.click(*middle(bridge_desk, 3))
    bridge_desk.wait_data("focus", f"data === {images[3]}")
    bridge_desk.wait("window.darkroom.bridge.focused === 3")
    bridge_desk.page.keyboard.press("ArrowRight")
    bridge_desk.wait_data("focus", f"data === {images[4]}")
    bridge_desk.page.keyboard.press("End")
    bridge_desk.wait_data("focus", f"data === {images[-1]}")
    bridge_desk.page.mouse.move(5, 5)
    bridge_desk.wait("!document.querySelector('.hover-card:popover-open') && window.heard.at(-1).id === null")
    bridge_desk.at("#bridge-select").click()
    made = bridge_desk.wait_data("selection", "data?.origin === 'bridge'")
    assert made["label"] == f"bridge of {len(images)} images between 0 and 1"
    # What another view hovers is framed; what is drawn can be taken along, pictures and names in it.
    bridge_desk.js(
        "id => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'grid'}}))", images[5]
    )
    assert bridge_desk.js("window.darkroom.bridge.pointedId") == images[5]
    svg = bridge_desk.js("window.darkroom.bridge.svg()")
    thumbnails = int(bridge_desk.js("document.querySelector('#bridge').dataset.thumbnails"))
    assert svg.count("<image ") == thumbnails > 3
    assert "axis: along" in svg


def test_it_zooms_about_the_pointer_and_says_of_how_many_it_shows_pictures(bridge_desk):
    count = len(ids(bridge_desk))
    bridge_desk.js("dash_clientside.set_props('darksight-split', {value: 'train'})")
    bridge_desk.wait(f"Number(document.querySelector('#bridge').dataset.columns) > {count}")
    bridge_desk.wait("document.querySelector('#bridge').dataset.ready === 'true'")
    told = bridge_desk.js("({...document.querySelector('#bridge').dataset})")
    assert f"thumbnails of {told['thumbnails']} of {told['columns']} \u00b7" in told["notes"]
    under = "window.darkroom.bridge.hovered"
    bridge_desk.page.mouse.move(*middle(bridge_desk, 30))
    bridge_desk.wait(f"{under} === 30")
    bridge_desk.page.mouse.wheel(0, -600)
    bridge_desk.wait(
        "window.darkroom.bridge.columns.zoom > 2 && document.querySelector('#bridge').dataset.inView < 100"
    )
    assert abs(bridge_desk.js(under) - 30) <= 1
    bridge_desk.page.keyboard.press("Tab")
    bridge_desk.js("window.darkroom.bridge.scroll.focus()")
    bridge_desk.page.keyboard.press("0")
    bridge_desk.wait("window.darkroom.bridge.columns.zoom === 1")


def test_the_card_writes_names_as_they_are_and_asks_for_each_image_of_many(bridge_desk, darksight):
    engine, study, _ = darksight
    labels = engine.results.array(study.keys["images"], "labels")
    predicted = engine.results.array(study.keys["predictions"], "predicted")
    wrong = int(np.flatnonzero(labels != predicted)[0])
    requests, before_many = [], bridge_desk.js("window.darkroom.mostTops")
    bridge_desk.page.on("request", lambda request: requests.append(request.url))
    bridge_desk.js(
        """image => { const {darkroom} = window, {images} = darkroom.bridge, host = document.body;
            darkroom.mostTops = 10;
            window.card = new darkroom.HoverCard(host, {origin: 'a map'});
            window.card.setSource({...images, class_names: images.class_names.map(name => `<b>${name}</b>`)});
            host.dispatchEvent(new PointerEvent('pointermove', {clientX: 300, clientY: 200}));
            for (const id of [1, 2, image]) {
                window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'another'}}));
                window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'a map'}}));
            } }""",
        wrong,
    )
    bridge_desk.sees("body > .hover-card .hover-card-wrong", f"predicted <b>{predicted[wrong]}</b>")
    bridge_desk.sees(
        "body > .hover-card .hover-card-side:first-child .hover-card-row:nth-child(2) .hover-card-name",
        f"<b>{predicted[wrong]}</b>",
    )
    tops = [url for url in requests if "/darksight-top/" in url]
    assert len(tops) == 1
    assert tops[0].endswith(f"/{wrong}")
    size = (
        "(({width, height}) => [width, height])(document.querySelector('body > .hover-card').getBoundingClientRect())"
    )
    before = bridge_desk.js(size)
    bridge_desk.js("window.card.show(1, [300, 200])")
    assert bridge_desk.js(size) == before
    bridge_desk.js("most => { window.card.destroy(); window.darkroom.mostTops = most }", before_many)
    assert bridge_desk.js("document.querySelectorAll('body > .hover-card').length") == 0


def test_a_card_covers_neither_the_pointer_nor_leaves_the_window(bridge_desk):
    wrong = bridge_desk.js("""() => {
        const wrong = [], card = {width: 292, height: 150};
        for (const view of [{width: 1440, height: 900}, {width: 700, height: 420}]) {
            for (const bounds of [{left: 0, top: 0, right: 10000, bottom: 10000}, {left: 40, top: 50, right: 600, bottom: 400},
                {left: 300, top: 200, right: 420, bottom: 260}]) {
                for (let x = Math.max(0, bounds.left); x <= Math.min(view.width, bounds.right); x += 7) {
                    for (let y = Math.max(0, bounds.top); y <= Math.min(view.height, bounds.bottom); y += 7) {
                        const [left, top] = window.darkroom.placeCard([x, y], card, bounds, view);
                        const [right, bottom] = [left + card.width, top + card.height];
                        const covers = x >= left - 4 && x <= right + 4 && y >= top - 4 && y <= bottom + 4;
                        const leaves = left < 0 || top < 0 || right > view.width || bottom > view.height;
                        if (covers || leaves) wrong.push([x, y, left, top]);
                    }
                }
            }
        }
        return wrong }""")
    assert wrong == []


GEOMETRY = """([count, columns, room, zoom]) => {
    const text = (array) => {  // the lowest bytes of all numbers, then the next
        const size = array.BYTES_PER_ELEMENT, bytes = new Uint8Array(array.buffer);
        const from = (at) => (at % array.length) * size + Math.floor(at / array.length);
        return window.darkroom.bits.textOf(bytes.map((_, at) => bytes[from(at)]));
    };
    const range = (Type, of) => text(Type.from({length: columns}, (_, column) => of(column)));
    const made = new window.darkroom.BridgeColumns({
        count, columns, length: 9, named: [2, 5], wrong: null,
        ids: range(Uint32Array, (column) => 7 * column),
        along: range(Uint16Array, (column) => (column ? Math.floor(65535 / columns) : 0)),
        shares: text(Uint8Array.from({length: 2 * columns}, (_, place) => (place < columns ? 255 : 0))),
        likeliest: range(Uint16Array, (column) => Number(column > 1)),
    });
    made.fit(room);
    made.zoomTo(zoom);
    const wrong = [];
    const most = made.width * columns - room;
    for (const offset of [0, most / 2, most]) {
        const [first, end] = made.inView(offset);
        const isCut = first * made.width > offset + 1e-6 || end * made.width < offset + room - 1e-6;
        if (isCut) wrong.push(['in view', offset, first, end]);
        for (const focused of [-1, first, end - 1]) {
            const shown = made.pictures(offset, 30, focused);
            const inView = shown.filter(([column, x]) => column >= first && column < end);
            if (inView.length !== shown.length) wrong.push(['beyond', offset]);
            if (focused >= 0 && !shown.some(([column]) => column === focused)) wrong.push(['focused', offset, focused]);
            shown.slice(1).forEach(([column, x], place) => {
                if (column <= shown[place][0] || x < shown[place][1] + 29.9) wrong.push(['order', offset, column]);
            });
        }
        for (const [place, x] of made.ticks(offset, 40)) {
            const column = made.columnAt(Math.min(x + offset, made.width * columns - 1e-6));
            if (Math.abs(made.along[column] - place) > 9 / columns + 1e-9) wrong.push(['tick', place, made.along[column]]);
        }
    }
    let points = 0;
    for (let column = 0; column < columns; column += 1) {
        points += made.sizeOf(column);
        if (made.columnAt((column + 0.5) * made.width) !== column) wrong.push(['at', column]);
    }
    return {wrong, points, changes: made.changes, shares: made.sharesOf(0, columns), isMean: made.isMean};
}"""


SIZES = [(3, 3, 1), (60, 60, 1), (60, 60, 4), (5000, 5000, 1), (5000, 5000, 40), (12_345, 500, 3)]


def test_columns_are_found_where_they_are_and_pictures_are_chosen_evenly(bridge_desk):
    for count, columns, zoom in SIZES:
        told = bridge_desk.js(GEOMETRY, [count, columns, 560, zoom])
        expected = {"wrong": [], "points": count, "changes": [2], "shares": [1, 0], "isMean": columns < count}
        assert told == expected, (count, columns, zoom)
