"""The map and what is linked with it, in both directions."""

import io
import re

import numpy as np
import pytest
from playwright.sync_api import expect

N, N_TRAIN = 1797, 1438
TEST = list(range(N_TRAIN, N))


@pytest.fixture
def map_desk(desk):
    desk.wait_map()
    return desk


@pytest.fixture(scope="session")
def places(arrays):
    return arrays("places")


@pytest.fixture(scope="session")
def corner(places):
    """A box around some of the points of the test split, in units of the map: left, bottom, right, top."""
    left, bottom = places[N_TRAIN:].min(axis=0) - 1
    x, y = places[N_TRAIN:].T
    right = gap(x, 0.2, 0.8)
    return left, bottom, right, gap(y[x < right], 0.2, 0.8)


def gap(numbers, low, high):
    """The middle of the widest gap between two quantiles: an edge there touches no point, a pixel more or less."""
    ordered = np.sort(numbers)[int(low * len(numbers)) : int(high * len(numbers))]
    widest = np.diff(ordered).argmax()
    return (ordered[widest] + ordered[widest + 1]) / 2


def inside(places, box):
    left, bottom, right, top = box
    x, y = places.T
    return np.flatnonzero((x > left) & (x < right) & (y > bottom) & (y < top) & (np.arange(N) >= N_TRAIN)).tolist()


def halves(places, box):
    """The lower and the upper half of a box."""
    left, bottom, right, top = box
    middle = gap(places[inside(places, box), 1], 0.2, 0.8)
    return (left, bottom, right, middle), (left, middle, right, top)


def test_every_test_image_is_a_point(map_desk, arrays, places):
    labels, predicted = arrays("labels"), arrays("predicted")
    told = map_desk.js("""() => window.darkroom.maps.scatter.plot.pointTraces().map(({x, y, marker}) => [marker.symbol, x, y,
        marker.color])""")
    for (symbol, x, y, colours), wanted, right in zip(told, ("circle", "x"), (True, False), strict=True):
        ids = [image for image in TEST if (labels[image] == predicted[image]) == right]
        assert symbol == wanted
        assert np.array_equal(np.array([x, y], np.float32).T, places[ids])
        assert colours == labels[ids].tolist()
    # On the canvas, in their colours: what lies alone has its own, however often it is blended with nothing.
    apart = np.linalg.norm(places[TEST, np.newaxis] - places[np.newaxis, TEST], axis=-1) + 1e9 * np.eye(len(TEST))
    shown = pixels(map_desk, places[TEST])
    assert (shown[:, 3] > 0).all()
    image = int(apart.min(axis=1).argmax())
    colour = map_desk.js("number => window.darkroom.maps.scatter.source.colours[number]", int(labels[TEST[image]]))
    assert shown[image] == pytest.approx([*bytes.fromhex(colour[1:]), 0.85 * 255], abs=2)
    map_desk.sees("#scatter-panel-subtitle", re.compile(r"^PCA: \d\d% \+ \d\d% of variance · 359 test images$"))
    assert map_desk.at("#scatter-legend button").all_inner_texts() == [*"0123456789"]


def pixels(desk, places):
    """Red, green, blue and alpha of the canvas at places of the map."""
    told = desk.js(
        """places => { const {drawing: {points: {canvas: {width, height}, context}}, plot} = window.darkroom.maps.scatter;
            const {xaxis, yaxis} = plot._fullLayout, {data} = context.getImageData(0, 0, width, height);
            const pixel = (at, axis, length) => Math.floor(axis.d2p(at) / axis._length * length);
            const first = ([x, y]) => 4 * (pixel(y, yaxis, height) * width + pixel(x, xaxis, width));
            return places.map((place) => Array.from(data.subarray(first(place), first(place) + 4))) }""",
        places.tolist(),
    )
    return np.array(told)


def test_a_lasso_selects_and_more_of_them_add_and_take_away(map_desk, places, corner):
    lower, upper = halves(places, corner)
    map_desk.lasso(lower)
    map_desk.wait_grid(inside(places, lower))
    count = len(inside(places, lower))
    map_desk.sees("#grid-panel-subtitle", f"Lasso of {count} images: {count} of 1,797")
    map_desk.wait_bright(inside(places, lower))
    assert map_desk.js("window.darkroom.maps.scatter.plot.layout.selections.length") == 1  # it stays until the next one
    map_desk.lasso(upper, "Shift")
    map_desk.wait_grid(inside(places, corner))
    map_desk.wait_bright(inside(places, corner))
    map_desk.lasso(lower, "Alt")
    map_desk.wait_grid(inside(places, upper))
    map_desk.wait_bright(inside(places, upper))
    map_desk.page.keyboard.press("Escape")
    map_desk.wait_grid(TEST)
    map_desk.wait_bright(None)


def test_a_cell_fades_all_but_its_images_and_a_lasso_adds_to_it(map_desk, places, corner, ids_of, wrong_cell):
    map_desk.lasso(corner)
    map_desk.wait_grid(inside(places, corner))
    map_desk.click_cell(*wrong_cell)
    map_desk.wait_grid(ids_of(*wrong_cell))
    map_desk.wait_bright(ids_of(*wrong_cell))
    assert map_desk.js("window.darkroom.maps.scatter.plot.layout.selections") == []
    map_desk.lasso(corner, "Shift")
    map_desk.wait_grid(sorted({*ids_of(*wrong_cell), *inside(places, corner)}))
    map_desk.wait_framed()
    # A double click where no point is clears it.
    x, y = map_desk.place(places[N_TRAIN:].max(axis=0).tolist())
    map_desk.page.mouse.dblclick(x, y)
    map_desk.wait_grid(TEST)
    map_desk.wait_bright(None)


def test_a_point_is_looked_at_and_a_tile_has_its_ring(map_desk, arrays, places):
    # The one that lies farthest from all others, so that there is no doubt which is hit.
    apart = np.linalg.norm(places[TEST, np.newaxis] - places[np.newaxis, TEST], axis=-1) + 1e9 * np.eye(len(TEST))
    image = TEST[int(apart.min(axis=1).argmax())]
    x, y = map_desk.place(places[image].tolist())
    map_desk.page.mouse.move(x - 3, y)
    map_desk.page.mouse.move(x, y)
    true, taken, sure = arrays("labels")[image], arrays("predicted")[image], arrays("confidence")[image]
    expect(map_desk.at("#scatter-panel .darkroom-tip")).to_have_text(
        f"image {image}: {true} → {taken}, {round(100 * sure)}%"
    )
    map_desk.page.mouse.click(x, y)
    map_desk.wait_focus(image)
    assert map_desk.bars() == pytest.approx(arrays("probabilities")[image].tolist())
    map_desk.wait_ring(places[image])
    map_desk.click_image(image - 1)
    map_desk.wait_focus(image - 1)
    map_desk.wait_ring(places[image - 1])
    map_desk.choose("matrix-split", "Train")  # where the image is none of the points
    map_desk.sees("#scatter-panel-subtitle", re.compile("1,438 train images$"))
    map_desk.wait_ring(None)


def colours_of(desk):
    """Colour number of each point, by image."""
    told = desk.js("""() => { const {drawing: {parts}, colouring: {values}} = window.darkroom.maps.scatter;
        return parts.flatMap(([ids]) => ids.map((id) => [id, values[id]])) }""")
    return dict(told)


def test_points_take_another_colour_without_the_server(map_desk, arrays):
    labels, predicted = arrays("labels"), arrays("predicted")
    asked = []
    map_desk.page.on("request", lambda request: asked.append(request.post_data or ""))
    for title, values, key in [
        ("Predicted class", predicted, "0"),
        ("Right, wrong", labels != predicted, "right"),
        ("Entropy", arrays("entropy"), "3.32 bits"),
        ("Margin", arrays("margin"), "1"),
        ("Confidence", arrays("confidence"), "1"),
    ]:
        map_desk.pick("scatter-colour", title)
        map_desk.wait("title => document.querySelector('#scatter-legend').textContent.includes(title)", key)
        map_desk.wait(
            """wanted => { const {members, colouring: {values}} = window.darkroom.maps.scatter;
                return members.flat().every((image) => values[image] === wanted[image]) }""",
            values.astype(float).tolist(),
        )
        assert colours_of(map_desk) == {image: float(values[image]) for image in TEST}
    assert not [body for body in asked if "scatter-colour" in body]


def test_a_class_is_hidden_shown_alone_and_selected_in_the_legend(map_desk, arrays, places, corner):
    labels = arrays("labels")
    of_class = lambda *classes: [image for image in TEST if labels[image] in classes]  # noqa: E731
    entry = map_desk.at("#scatter-legend button")
    entry.nth(3).click()
    map_desk.sees("#scatter-panel-subtitle", re.compile(rf"^{len(of_class(3))} of 359 test images hidden · PCA"))
    map_desk.wait("window.darkroom.maps.scatter.drawings === 0")
    assert sorted(colours_of(map_desk)) == [image for image in TEST if labels[image] != 3]
    map_desk.lasso(corner)
    map_desk.wait_grid([image for image in inside(places, corner) if labels[image] != 3])
    entry.nth(5).dblclick()
    map_desk.sees("#scatter-panel-subtitle", re.compile(rf"^{359 - len(of_class(5))} of 359 test images hidden"))
    map_desk.at(".scatter-all").click()
    map_desk.sees("#scatter-panel-subtitle", re.compile("359 test images$"))
    map_desk.page.keyboard.press("Escape")
    map_desk.wait_grid(TEST)
    entry.nth(4).click(modifiers=["Shift"])
    map_desk.wait_grid(of_class(4))
    map_desk.sees("#grid-panel-subtitle", re.compile(rf"^Class 4 of {len(of_class(4))} images"))
    entry.nth(7).click(modifiers=["Shift"])
    map_desk.wait_grid(of_class(4, 7))
    map_desk.wait_bright(of_class(4, 7))
    entry.nth(4).click(modifiers=["Shift"])
    map_desk.wait_grid(of_class(7))


def listen(desk):
    """Has the page note what is said to be hovered."""
    desk.js(
        """() => { window.hovered = []; window.addEventListener('darkroom-hover', ({detail}) => hovered.push(detail)) }"""
    )


def test_what_is_hovered_elsewhere_has_a_ring_and_what_is_hovered_here_is_told(map_desk, places):
    image = TEST[7]
    tell = "id => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'grid'}}))"
    map_desk.js(tell, image)
    map_desk.wait_ring(places[image], "hover")
    map_desk.js(tell, 3)  # a train image, which is none of the points
    map_desk.wait_ring(None, "hover")
    listen(map_desk)
    x, y = map_desk.place(places[image].tolist())
    map_desk.page.mouse.move(x - 3, y)
    map_desk.page.mouse.move(x, y)
    map_desk.wait("window.hovered.length > 0")
    first = map_desk.js("window.hovered[0]")
    assert first["origin"] == "scatter"
    assert np.linalg.norm(places[first["id"]] - places[image]) < np.ptp(places) / 20
    map_desk.page.mouse.move(2, 2)
    map_desk.wait("window.hovered.at(-1).id === null")


def draw(desk, key, places, address, **more):
    """Has the map be drawn from other places, as if a job had made them."""
    content = io.BytesIO()
    np.save(content, places.astype(np.float32))
    desk.page.route(f"**{address}", lambda route: route.fulfill(body=content.getvalue()))
    desk.js("""more => window.dash_clientside.set_props('scatter-source', {data:
        {...window.dash_component_api.getLayout('scatter-source').props.data, ...more}})""", {"map": key} | more)  # fmt: skip


@pytest.mark.slow
def test_in_space_a_selection_made_elsewhere_stands_out_and_a_click_focuses(map_desk, first_desk, ids_of, wrong_cell):
    first_desk[1].allow("willReadFrequently")  # how Plotly reads the glyphs of its points
    places = np.random.default_rng(0).normal(size=(N, 3))
    map_desk.js("() => { window.maps = 0; window.addEventListener('darkroom-map', () => { window.maps += 1 }) }")
    draw(map_desk, "space", places, "/array/space/places.npy", dims=3)
    map_desk.wait(
        "window.darkroom.maps.scatter.plot?.calcdata?.length === 4 && window.darkroom.maps.scatter.drawings === 0"
    )
    assert map_desk.js("[window.maps, window.darkroom.mapPlaces.key, window.darkroom.mapPlaces.dims]") == [
        1,
        "space",
        3,
    ]
    assert map_desk.js("document.querySelectorAll('#scatter .scatter-plot').length") == 1  # the other one is gone
    map_desk.click_cell(*wrong_cell)
    bright = "[0, 2].flatMap(part => window.darkroom.maps.scatter.drawing.parts[part]).sort((a, b) => a - b).join()"
    map_desk.wait(f"wanted => {bright} === wanted", ",".join(map(str, ids_of(*wrong_cell))))
    image = ids_of(*wrong_cell)[0]
    x, y = map_desk.js(
        """id => { const {drawing, source, plot} = window.darkroom.maps.scatter, box = plot.getBoundingClientRect();
            const [x, y] = drawing.pixelOf(id, source); return [box.left + x, box.top + y] }""",
        image,
    )
    map_desk.page.mouse.move(x - 3, y)
    map_desk.page.mouse.move(x, y)
    map_desk.wait("id => window.darkroom.maps.scatter.hovered !== null", image)
    hovered = map_desk.js("window.darkroom.maps.scatter.hovered")
    map_desk.page.mouse.click(x, y)
    map_desk.wait_focus(hovered)
    assert map_desk.js("window.darkroom.maps.scatter.rings.focus.hidden") is False


def test_a_preview_is_drawn_and_is_no_map_yet(map_desk, places):
    for number in (1, 2):
        words = f"t-SNE, preview: iteration {50 * number} of 750"
        draw(map_desk, "made", number * places, "/preview/made.npy", preview=number, words=words)
        map_desk.sees("#scatter-panel-subtitle", f"{words} · 359 test images")
        map_desk.wait_map()
        map_desk.wait(
            "x => window.darkroom.maps.scatter.plot.calcdata[0][0].trace.x[1] === x",
            float(np.float32(number * places[TEST, 0].max())),
        )
        assert (pixels(map_desk, number * places[TEST])[:, 3] > 0).all()
    assert map_desk.js("window.darkroom.mapPlaces") is None


def test_a_view_that_is_hidden_leaves_nothing_behind_and_comes_back(map_desk, ids_of, wrong_cell):
    map_desk.click_cell(*wrong_cell)
    map_desk.wait_bright(ids_of(*wrong_cell))
    map_desk.at("#nav-jobs").click()
    map_desk.wait("window.darkroom.maps.scatter.plot.data === undefined")
    map_desk.at("#nav-teacher").click()
    map_desk.wait_map()
    map_desk.wait_bright(ids_of(*wrong_cell))


def test_points_that_cannot_be_fetched_are_asked_for_again(desk, first_desk):
    first_desk[1].allow("/array/|Failed to load resource")
    desk.page.goto("about:blank")
    desk.page.route("**/places.npy", lambda route: route.fulfill(status=503, body="The store does not answer"))
    desk.page.goto(desk.site)
    desk.sees("#scatter-panel-subtitle", "Could not be fetched; asked for again")
    desk.page.unroute("**/places.npy")
    desk.wait_map()  # by itself


def test_names_of_classes_are_text(map_desk):
    """Plotly would take them for HTML."""
    told = map_desk.js("""() => { const {maps: {scatter}} = window.darkroom;
        scatter.source.classNames = Array(10).fill('<b onclick="x">a & b</b>'); return scatter.describe(1438) }""")
    assert told.count('&lt;b onclick="x"&gt;a &amp; b&lt;/b&gt;') == 2
    assert "<" not in told
