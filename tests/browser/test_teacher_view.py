"""The Teacher view over a finished study: what is clicked, and what is shown for it, against the arrays."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.links import make_selection
from dashboard.measures import pack_bits

N, N_TRAIN = 1797, 1438
TEST = list(range(N_TRAIN, N))


@pytest.fixture(scope="session")
def empty_cell(arrays):
    return tuple(int(number) for number in np.argwhere(arrays("confusion_test") == 0)[0])


def test_the_first_paint_is_the_whole_study(fresh_desk, arrays):
    assert fresh_desk.steps() == ["done"] * 4
    confusion = arrays("confusion_test")
    wrong = int(confusion.sum() - np.trace(confusion))
    fresh_desk.sees("#matrix-panel-subtitle", f"359 test images: {1 - wrong / 359:.1%} right, {wrong} wrong")
    drawn = fresh_desk.js(
        "Array.from(document.querySelectorAll('#matrix .heatmap-label'), label => label.textContent.trim())"
    )
    counts = [*confusion.ravel(), *confusion.sum(axis=0), *confusion.sum(axis=1)]
    assert sorted(filter(None, drawn)) == sorted(str(count) for count in counts if count)
    fresh_desk.sees("#grid-panel-subtitle", "All test images: 359 of 1,797")
    assert fresh_desk.grid_ids() == TEST
    assert int(fresh_desk.at("#grid").get_attribute("data-painted")) > 50
    fresh_desk.wait("document.querySelectorAll('#training .scatterlayer .trace').length === 2")
    fresh_desk.sees("#training-panel-subtitle", re.compile(r"^lenet, 3 epochs in [\d.]+ s on cpu$"))
    fresh_desk.sees("#focus-words", "Click an image in the grid, or press / and type its number.")
    fresh_desk.sees("#engine-text", "ready · 2 workers")
    assert fresh_desk.notices() == []


def test_a_wrong_cell_shows_its_images(desk, arrays, ids_of, wrong_cell):
    true, taken = wrong_cell
    ids = ids_of(true, taken)
    desk.click_cell(true, taken)
    desk.wait_grid(ids)
    desk.sees("#grid-panel-subtitle", f"{true} taken for {taken}: {len(ids)} of 1,797")
    desk.wait_framed(wrong_cell)
    assert desk.data("selection")["count"] == len(ids) == arrays("confusion_test")[true, taken]
    desk.click_cell(3, 3)
    desk.wait_grid(ids_of(3, 3))
    desk.sees("#grid-panel-subtitle", re.compile("^3, rightly recognised: "))
    desk.wait_framed((3, 3))


def test_an_empty_cell_says_so_and_changes_nothing(desk, ids_of, wrong_cell, empty_cell):
    desk.click_cell(*wrong_cell)
    desk.wait_grid(ids_of(*wrong_cell))
    before = desk.data("selection")
    desk.click_cell(*empty_cell)
    desk.toast(f"No test image of class {empty_cell[0]} was taken for {empty_cell[1]}.")
    assert desk.data("selection") == before
    desk.wait_framed(wrong_cell)
    desk.click_cell(*empty_cell)  # and once more: the click is not remembered
    expect(desk.at(".mantine-Notification-root")).to_have_count(2)


def test_all_errors_at_once(desk, ids_of):
    desk.at("#wrong-button").click()
    desk.wait_grid(ids_of())
    desk.sees("#grid-panel-subtitle", f"Wrong in test: {len(ids_of())} of 1,797")
    desk.wait_framed()


@pytest.mark.parametrize("way", ["button", "key"])
def test_a_selection_is_cleared(desk, ids_of, wrong_cell, way):
    expect(desk.at("#clear-selection")).to_be_hidden()
    desk.click_cell(*wrong_cell)
    desk.wait_grid(ids_of(*wrong_cell))
    if way == "button":
        desk.at("#clear-selection").click()
    else:
        desk.page.keyboard.press("Escape")
    desk.wait_grid(TEST)
    desk.wait_framed()
    desk.sees("#grid-panel-subtitle", "All test images: 359 of 1,797")
    expect(desk.at("#clear-selection")).to_be_hidden()


def test_an_image_is_looked_at(desk, digits, arrays, ids_of):
    image = ids_of()[0]
    desk.at("#wrong-button").click()
    desk.wait_grid(ids_of())
    desk.click_image(image)
    desk.wait_focus(image)
    true, taken, sure = arrays("labels")[image], arrays("predicted")[image], arrays("confidence")[image]
    desk.sees("#focus-panel-subtitle", f"Image {image:,} (test), class {true}")
    desk.sees("#focus-facts", f"wrong: {true} taken for {taken}, {sure:.1%} sure")
    desk.sees("#focus-epoch-text", "after epoch 3 of 3")
    assert desk.at("#focus-image").get_attribute("src") == f"/image/{digits.study.keys['images']}/{image}.png"
    desk.wait("document.querySelector('#focus-image').naturalWidth === 28")
    assert desk.bars() == pytest.approx(arrays("probabilities")[image].tolist())


def test_arrows_walk_through_the_images(desk):
    columns = desk.js("window.darkroom.grid.tiles.columns")
    desk.click_image(TEST[0])
    desk.wait_focus(TEST[0])
    for key, image in (
        ("ArrowRight", TEST[1]),
        ("ArrowDown", TEST[1 + columns]),
        ("ArrowLeft", TEST[columns]),
        ("ArrowUp", TEST[0]),
        ("ArrowLeft", TEST[0]),
        ("End", TEST[-1]),
        ("ArrowRight", TEST[-1]),
        ("Home", TEST[0]),
    ):
        desk.page.keyboard.press(key)
        desk.wait_focus(image)
        assert desk.js("window.darkroom.grid.rectOf(window.darkroom.grid.focusId).y") >= 0


def test_walking_fast_ends_where_it_ends(desk):
    desk.click_image(TEST[0])
    for _ in range(30):
        desk.page.keyboard.press("ArrowRight")
    desk.wait_focus(TEST[30])
    desk.wait("document.querySelector('#focus-image').src.endsWith('/1468.png')")
    desk.wait("location.search.endsWith('focus=1468')")


def test_a_number_is_typed(desk):
    desk.page.keyboard.press("/")
    expect(desk.at("#focus-index")).to_be_focused()
    desk.page.keyboard.type("42")
    desk.page.keyboard.press("Enter")
    desk.wait_focus(42)
    desk.sees("#focus-panel-subtitle", re.compile(r"^Image 42 \(train\), class \d$"))
    desk.at("#focus-index").fill("1797")
    desk.page.keyboard.press("Enter")
    expect(desk.at("#focus-panel .mantine-InputWrapper-error")).to_have_text("0 to 1796")
    assert desk.data("focus") == 42
    for after in (TEST[0], TEST[7]):
        desk.at("#focus-index").fill("0")
        desk.page.keyboard.press("Enter")
        desk.wait_focus(0)
        expect(desk.at("#focus-index")).to_have_value("")  # so that the same number can be typed again
        desk.click_image(after)
        desk.wait_focus(after)
    expect(desk.at("#focus-panel .mantine-InputWrapper-error")).to_have_count(0)


def test_help_opens_by_key_and_button_and_closes(desk, ids_of, wrong_cell):
    desk.click_cell(*wrong_cell)
    desk.wait_grid(ids_of(*wrong_cell))
    for opens in (lambda: desk.page.keyboard.press("?"), lambda: desk.at("#help-button").click()):
        opens()
        window = desk.at("[role=dialog]").filter(has_text="How to use this page")
        expect(window).to_be_visible()
        expect(window).to_contain_text("go to an image by its number")
        desk.page.keyboard.press("Escape")
        expect(window).to_be_hidden()
    assert desk.grid_ids() == ids_of(*wrong_cell)  # Esc closed the window and no more


def test_every_panel_says_how_it_is_read(desk):
    for title, words in (
        ("Map", "PCA (Pearson 1901) shows the plane"),
        ("Confusion matrix", "Each row is a true class"),
        ("Training", "Cross-entropy (nats, log scale)"),
        ("Images", "A red frame marks"),
        ("Focused image", "✓ marks the true class"),
    ):
        button = desk.page.get_by_role("button", name=f"How to read: {title}")
        button.click()
        expect(desk.page.get_by_text(words)).to_be_visible()
        button.click()
        expect(desk.page.get_by_text(words)).to_be_hidden()


def test_esc_closes_how_a_panel_is_read_and_no_more(desk, ids_of):
    desk.at("#wrong-button").click()
    desk.wait_grid(ids_of())
    button = desk.page.get_by_role("button", name="How to read: Images")
    button.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_text("A red frame marks")).to_be_visible()
    desk.wait("document.activeElement.getAttribute('role') === 'dialog'")  # it takes the focus a moment later
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_text("A red frame marks")).to_be_hidden()
    expect(button).to_be_focused()
    assert desk.grid_ids() == ids_of()
    desk.page.keyboard.press("Escape")  # once more: now the selection
    desk.wait_grid(TEST)


def test_an_earlier_teacher_is_asked(desk, digits, ids_of):
    image = ids_of()[0]
    keys = digits.study.keys

    def said(epoch):
        question = {"images": keys["images"], "teacher": keys["teacher"], "epoch": epoch, "numbers": [image]}
        return digits.engine.calls.ask("predict", question, "test", timeout=30)["probabilities"][0]

    desk.open(f"/?focus={image}").wait_focus(image)
    desk.sees("#focus-epoch-text", "after epoch 3 of 3")
    thumb = desk.at("#focus-epoch [role=slider]")
    thumb.focus()
    desk.page.keyboard.press("Home")
    desk.sees("#focus-epoch-text", "after epoch 0 of 3 (untrained)")
    desk.wait(f"Math.abs(document.querySelector('#focus-bars .js-plotly-plot').calcdata[0][0].s - {said(0)[0]}) < 1e-5")
    assert desk.bars() == pytest.approx(said(0), abs=1e-5)
    assert max(desk.bars()) < 0.5
    # Quickly there and back: the last one stands, whatever was asked on the way.
    box = desk.at("#focus-epoch").bounding_box()
    x = lambda share: box["x"] + share * box["width"]  # noqa: E731
    y = thumb.bounding_box()["y"] + thumb.bounding_box()["height"] / 2
    desk.page.mouse.move(x(0), y)
    desk.page.mouse.down()
    for share in (1, 0, 1, 0, 1, 0, 1 / 3, 1, 2 / 3):
        desk.page.mouse.move(x(share), y, steps=5)
    desk.page.mouse.up()
    desk.sees("#focus-epoch-text", "after epoch 2 of 3")
    desk.wait(f"Math.abs(document.querySelector('#focus-bars .js-plotly-plot').calcdata[0][0].s - {said(2)[0]}) < 1e-5")
    assert desk.bars() == pytest.approx(said(2), abs=1e-5)


def test_the_address_holds_what_is_seen(desks, desk, digits, ids_of, wrong_cell):
    ids = ids_of(*wrong_cell)
    desk.click_cell(*wrong_cell)
    desk.wait_grid(ids)
    desk.click_image(ids[0])
    desk.wait_focus(ids[0])
    desk.wait("location.search.includes('focus=')")
    assert (
        desk.page.url == f"{desk.site}/?study={digits.study.id}&selection={desk.data('selection')['id']}&focus={ids[0]}"
    )
    colleague = desks().open(desk.page.url)
    for tab in (colleague, desk.reload()):
        tab.wait_grid(ids)
        tab.wait_focus(ids[0])
        tab.wait_framed(wrong_cell)
        tab.sees("#grid-panel-subtitle", f"{wrong_cell[0]} taken for {wrong_cell[1]}: {len(ids)} of 1,797")
    colleague.at("#clear-selection").click()
    colleague.wait_grid(TEST)
    colleague.wait("!location.search.includes('selection=')")
    assert desk.grid_ids() == ids


def test_an_address_of_what_is_gone_says_so_and_shows_the_rest(desk):
    desk.open("/?study=gone&selection=gone&focus=99999")
    desk.wait_grid(TEST)
    desk.toast("The study in this address is gone; the newest is shown.")
    desk.sees("#focus-words", "Click an image in the grid, or press / and type its number.")


def test_a_selection_of_another_image_set_is_ignored(desk, digits, ids_of):
    """From an address, and should it ever come into the store otherwise."""
    mask = np.zeros(N, bool)
    mask[:3] = True
    foreign = make_selection(digits.engine, "another", mask, "4 taken for 9", "matrix", split="train")
    desk.open(f"/?study={digits.study.id}&selection={foreign['id']}")
    desk.toast("The selection in this address, 4 taken for 9, was made in another image set; all images are shown.")
    desk.wait_grid(TEST)
    desk.at("#wrong-button").click()
    desk.wait_grid(ids_of())
    desk.js("foreign => window.dash_clientside.set_props('selection', {data: foreign})", foreign)
    desk.wait_grid(TEST)  # still of the test split
    desk.sees("#grid-panel-subtitle", "All test images: 359 of 1,797")
    desk.wait_framed()


def test_train_and_test(desk, arrays, ids_of, wrong_cell):
    desk.click_cell(*wrong_cell)
    desk.wait_framed(wrong_cell)
    desk.choose("matrix-split", "Train")
    desk.sees("#matrix-panel-subtitle", re.compile("^1,438 train images: "))
    desk.wait_framed()  # the selection is one of test images
    desk.at("#clear-selection").click()
    desk.wait_grid(list(range(N_TRAIN)))
    desk.sees("#grid-panel-subtitle", "All train images: 1,438 of 1,797")
    desk.click_cell(5, 5)
    desk.wait_grid(ids_of(5, 5, "train"))
    desk.choose("matrix-split", "Test")
    desk.sees("#matrix-panel-subtitle", re.compile("^359 test images: "))


def test_the_curve_can_be_switched(desk, arrays):
    curve = "document.querySelector('#training .js-plotly-plot')"
    desk.choose("training-what", "Accuracy")
    desk.wait(f"{curve}._fullLayout.yaxis.title.text === 'accuracy'")
    drawn = desk.js(f"{curve}.calcdata[1].map(point => point.y)")
    assert drawn == pytest.approx(arrays("test_accuracy").tolist(), abs=1e-6)


def test_thumbnails_can_be_larger(desk):
    before = desk.js("window.darkroom.grid.tiles.tileWidth")
    thumb = desk.at("#grid-size [role=slider]")
    thumb.focus()
    desk.page.keyboard.press("End")
    desk.wait("window.darkroom.grid.tiles.tileWidth === 128")
    desk.wait("document.querySelector('#grid').dataset.ready === 'true'")
    desk.page.keyboard.press("Home")
    desk.wait("window.darkroom.grid.tiles.tileWidth === 24")
    desk.wait_grid(TEST)
    assert before == 52


def test_the_split_of_a_selection_comes_with_its_address(desk, digits, arrays, ids_of):
    ids = ids_of(5, 5, "train")
    mask = np.isin(np.arange(N), ids)
    images = digits.study.keys["images"]
    cells = pack_bits(np.arange(100) == 55)
    made = make_selection(digits.engine, images, mask, "5, rightly recognised", "matrix", split="train", cells=cells)
    desk.open(f"/?study={digits.study.id}&selection={made['id']}")
    desk.wait_grid(ids)
    desk.sees("#matrix-panel-subtitle", re.compile("^1,438 train images: "))
    desk.wait_framed((5, 5))
    expect(desk.at("#matrix-split input:checked")).to_have_value("train")
    desk.at("#clear-selection").click()
    desk.wait_grid(list(range(N_TRAIN)))


@pytest.mark.slow
def test_thumbnails_that_did_not_come_are_asked_for_again(desk, first_desk):
    first_desk[1].allow(REFUSED)
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(status=503, body="The store does not answer")

    desk.page.route("**/atlas/**", refuse)
    desk.page.goto(desk.site)
    desk.wait("document.querySelector('#grid')?.dataset.error === 'images of page 1 did not load'")
    expect(desk.at("#grid")).to_have_attribute("data-painted", "0")
    assert len(asked) == 2  # once more before it is given up, for the time being
    desk.page.unroute("**/atlas/**")
    desk.wait_painted()
    expect(desk.at("#grid")).not_to_have_attribute("data-error", re.compile("."))


REFUSED = "/array/|/atlas/|Failed to load resource|net::ERR"


@pytest.mark.slow
@pytest.mark.parametrize(
    "refuse", [lambda route: route.fulfill(status=503, body="The store does not answer"), lambda route: route.abort()]
)
def test_images_that_cannot_be_fetched_are_asked_for_again(desk, first_desk, refuse):
    first_desk[1].allow(REFUSED)
    desk.page.goto("about:blank")
    desk.page.route("**/array/**", refuse)
    try:
        desk.page.goto(desk.site)
        desk.sees("#grid-panel-subtitle", "Could not be fetched; asked for again")
        assert desk.grid_ids() == []
    finally:
        desk.page.unroute("**/array/**")
    desk.wait_painted()  # by itself
    desk.wait_grid(TEST)
    desk.sees("#grid-panel-subtitle", "All test images: 359 of 1,797")


def test_hovering_tells_what_an_image_is(desk, arrays, ids_of):
    image = ids_of()[0]
    desk.at("#wrong-button").click()
    desk.wait_grid(ids_of())
    box, tile = desk.at("#grid").bounding_box(), desk.js("id => window.darkroom.grid.rectOf(id)", image)
    desk.page.mouse.move(box["x"] + tile["x"] + 10, box["y"] + tile["y"] + 10)
    sure = round(100 * float(arrays("confidence")[image]))
    true, taken, bits = (arrays(name)[image] for name in ("labels", "predicted", "entropy"))
    told = f"#{image} · {true} → {taken} · {sure} % · {bits:.2f} bits"
    expect(desk.at(".darkroom-tip")).to_have_text(told)
    desk.page.mouse.move(5, 5)
    expect(desk.at(".darkroom-tip")).to_be_hidden()


def rgb(text):
    return np.array([float(number) for number in re.findall(r"[\d.]+", text)[:3]])


def test_light_and_dark(fresh_desk):
    ink = "getComputedStyle(document.querySelector('#matrix .xtick text')).fill"
    ground = "getComputedStyle(document.querySelector('#matrix-panel')).backgroundColor"
    label = "getComputedStyle(document.querySelector('#matrix .heatmap-label text')).fill"
    light = [rgb(fresh_desk.js(what)) for what in (ink, ground, label)]
    assert light[0].mean() < 100 < 200 < light[1].mean()
    fresh_desk.page.get_by_role("button", name="Light or dark").click()
    fresh_desk.wait("document.documentElement.dataset.mantineColorScheme === 'dark'")
    dark = [rgb(fresh_desk.js(what)) for what in (ink, ground, label)]
    assert dark[1].mean() < 60 < 180 < dark[0].mean()
    assert dark[2].mean() > 180
    fresh_desk.wait("document.querySelector('#grid').dataset.ready === 'true'")
    corner = fresh_desk.js(
        "Array.from(document.querySelector('#grid canvas').getContext('2d').getImageData(0, 0, 1, 1).data.slice(0, 3))"
    )
    assert np.mean(corner) < 60
    fresh_desk.reload()
    assert fresh_desk.js("document.documentElement.dataset.mantineColorScheme") == "dark"


def test_the_system_says_light_or_dark_at_first(desks):
    dark = desks(color_scheme="dark").open()
    assert dark.js("document.documentElement.dataset.mantineColorScheme") == "dark"


def take(desk, panel, entry):
    desk.page.get_by_role("button", name=f"Export: {panel}").click()
    with desk.page.expect_download() as coming:
        desk.page.get_by_role("menu", name=f"Export: {panel}").get_by_role("menuitem", name=entry).click()
    download = coming.value
    return download.suggested_filename, Path(download.path()).read_text()


def test_numbers_can_be_taken_along(desk, arrays, ids_of, wrong_cell):
    name, text = take(desk, "Confusion matrix", "Counts, CSV")
    assert name == "confusion-test.csv"
    counts = [row[1:] for row in csv.reader(io.StringIO(text))][1:]
    assert (np.array(counts, int) == arrays("confusion_test")).all()
    name, text = take(desk, "Training", "Record, CSV")
    assert name == "training.csv"
    assert len(text.splitlines()) == 5
    desk.click_cell(*wrong_cell)
    desk.wait_grid(ids_of(*wrong_cell))
    name, text = take(desk, "Images", "Selection, CSV")
    assert name == f"images-{wrong_cell[0]}-taken-for-{wrong_cell[1]}.csv"
    assert [int(row[0]) for row in list(csv.reader(io.StringIO(text)))[1:]] == ids_of(*wrong_cell)


def test_pictures_can_be_taken_along(desk):
    name, text = take(desk, "Confusion matrix", "Picture, SVG")
    assert name == "matrix.svg"
    assert text.startswith("<svg")
    assert text.count("heatmap-label") > 10
    assert "rgba(0, 0, 0, 0)" not in text.split("<rect", 1)[0]
    name, text = take(desk, "Training", "Picture, SVG")
    assert name == "training.svg"
    assert "cross-entropy" in text


def test_a_panel_fills_the_screen(desk):
    desk.page.get_by_role("button", name="Full screen: Images").click()
    desk.wait("document.fullscreenElement?.id === 'grid-panel'")
    desk.wait("document.querySelector('#grid').clientWidth > 1300")
    desk.wait_grid(TEST)
    desk.page.get_by_role("button", name="Full screen: Images").click()
    desk.wait("!document.fullscreenElement")


# Visible, and not scrolled out of a box of its own.
LOOK = """() => {
    const visible = element => element.checkVisibility({visibilityProperty: true, opacityProperty: true});
    const box = element => {
        const {left, top, right, bottom} = element.getBoundingClientRect();
        return [left, top, right, bottom];
    };
    const cut = Array.from(document.querySelectorAll('.panel h2, .panel-words p, .step-title, .top *, .panel-tools *'))
        .filter(element => visible(element) && element.children.length === 0 && element.textContent)
        .filter(element => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline')
        .map(element => element.textContent);
    const root = document.documentElement;
    return {
        cut,
        blocks: Object.fromEntries(Array.from(document.querySelectorAll('.panel, header.top, #study-bar, .strip'))
            .filter(visible).map(element => [element.id || element.className, box(element)])),
        scrolls: [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight, document.body.scrollWidth - innerWidth],
    };
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080)])
def test_everything_has_its_place(desks, ids_of, width, height):
    desk = desks(width, height).open()
    for _ in range(2):
        seen = desk.js(LOOK)
        assert max(seen["scrolls"]) <= 0
        assert seen["cut"] == []
        blocks = list(seen["blocks"].items())
        assert len(blocks) == 8
        for number, (name, (left, top, right, bottom)) in enumerate(blocks):
            assert 0 <= left < right <= width, name
            assert 0 <= top < bottom <= height, name
            for other, (left2, top2, right2, bottom2) in blocks[number + 1 :]:
                apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
                assert apart, f"{name} lies over {other}"
        # Once more with an image, its bars and a selection.
        desk.at("#wrong-button").click()
        desk.wait_grid(ids_of())
        desk.click_image(ids_of()[0])
        desk.wait_focus(ids_of()[0])


NAMELESS = """() => Array.from(document.querySelectorAll('button, input, select, a[href], [role=slider], [tabindex="0"]'))
    .filter(element => element.checkVisibility({visibilityProperty: true}))
    .filter(element => !(element.getAttribute('aria-label') || element.getAttribute('aria-labelledby')
        || element.textContent.trim() || Array.from(element.labels || []).some(label => label.textContent.trim())))
    .map(element => element.outerHTML.slice(0, 160))"""


def test_everything_that_can_be_reached_has_a_name(desk, ids_of):
    desk.click_image(TEST[0])
    desk.wait_focus(TEST[0])
    assert desk.js(NAMELESS) == []
    desk.at("#nav-jobs").click()
    desk.at("#jobs-rows .jobs-name").first.click()
    expect(desk.at("#job-panel")).to_be_visible()
    assert desk.js(NAMELESS) == []
    desk.page.keyboard.press("?")
    expect(desk.at("[role=dialog]").filter(has_text="How to use this page")).to_be_visible()
    assert desk.js(NAMELESS) == []


def test_the_keyboard_reaches_every_control(desk):
    reached = set()
    named = (
        "document.activeElement.getAttribute('aria-label') || document.activeElement.id || document.activeElement.value"
    )
    for _ in range(90):
        desk.page.keyboard.press("Tab")
        reached.add(desk.js(named))
    icons = {f"{does}: {panel}" for does in ("How to read", "Full screen") for panel in ("Confusion matrix", "Images")}
    assert {"Light or dark", "Help", "nav-jobs", "wrong-button", "Thumbnail size", *icons} <= reached
    assert {"Images", "Go to image number"} <= reached
