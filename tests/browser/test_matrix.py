"""The confusion matrix, the chord diagram and the list of confusions: what only a browser can tell."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.desk import PLOT, served
from tests.dashboard.borrowed import own_store

N, N_TRAIN = 1797, 1438

# The middle of a name beside or under the matrix, in px: a row's is the first of its text, a column's the last.
NAME = """([name, place]) => {
    const found = Array.from(document.querySelectorAll('#matrix text')).filter(text => text.textContent === name
        && !text.closest('.heatmap-label')).map(text => text.getBoundingClientRect());
    const {left, right, top, bottom} = found.at(place);
    return [(left + right) / 2, (top + bottom) / 2];
}"""


def click(desk, at, key=None):
    if key:
        desk.page.keyboard.down(key)
    desk.page.mouse.move(*at)
    desk.page.mouse.click(*at)
    if key:
        desk.page.keyboard.up(key)


@pytest.fixture(scope="session")
def test_ids(arrays):
    labels, predicted = arrays("labels"), arrays("predicted")

    def test_ids(condition):
        return np.flatnonzero(condition(labels, predicted) & (np.arange(N) >= N_TRAIN)).tolist()

    return test_ids


def test_cells_rows_and_columns_add_up(desk, test_ids, wrong_cell):
    true, taken = wrong_cell
    desk.click_cell(true, taken)
    desk.wait_framed(wrong_cell)
    expect(desk.at("#confusion-list .confusion[aria-pressed=true]")).to_have_attribute("data-cell", f"{true} {taken}")
    desk.page.keyboard.down("Shift")
    desk.click_cell(3, 3)
    desk.page.keyboard.up("Shift")
    desk.wait_grid(test_ids(lambda t, p: ((t == true) & (p == taken)) | ((t == 3) & (p == 3))))
    desk.page.keyboard.down("Alt")
    desk.click_cell(3, 3)
    desk.page.keyboard.up("Alt")
    desk.wait_framed(wrong_cell)

    click(desk, desk.js(NAME, ["7", 0]))
    desk.wait_grid(test_ids(lambda t, _: t == 7))
    desk.wait_framed((7, 4.5))
    expect(desk.at(".darkroom-tip:visible")).to_contain_text("recall")
    click(desk, desk.js(NAME, ["2", -1]), "Shift")
    desk.wait_grid(test_ids(lambda t, p: (t == 7) | (p == 2)))
    assert desk.data("selection")["label"] == "class 7 and taken for 2"
    desk.click_cell(*wrong_cell)
    desk.wait_framed(wrong_cell)  # of the colleague's address too
    desk.open(desk.page.url)
    desk.wait_framed(wrong_cell)


def test_the_list_is_walked_by_keys(desk, arrays, test_ids):
    confusion = arrays("confusion_test") * (1 - np.eye(10, dtype=int))
    lines = desk.at("#confusion-list .confusion")
    counts = [int(text) for text in lines.locator("span:nth-child(2)").all_text_contents()]
    assert counts == sorted(confusion[confusion > 0], reverse=True)[:20]
    lines.first.focus()
    desk.page.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    desk.page.keyboard.press("Enter")
    true, taken = map(int, lines.nth(1).get_attribute("data-cell").split())
    desk.wait_grid(test_ids(lambda t, p: (t == true) & (p == taken)))
    assert desk.js("document.querySelectorAll('#confusion-list [tabindex=\"0\"]').length") == 1


def test_settings_shade_share_and_order(desk, arrays):
    confusion = arrays("confusion_test")
    cells = f"{PLOT.format('matrix')}.calcdata[0][0]"
    with desk.settings("Confusion matrix"):
        before = desk.js(f"-Math.min(...{cells}.z.map(row => Math.min(...row)))")
        desk.choose("matrix-shade", "Linear")
        desk.wait(f"-Math.min(...{cells}.z.map(row => Math.min(...row))) < {before}")
        desk.choose("matrix-cells", "% of true")
        recall = f"{100 * confusion[0, 0] / confusion[0].sum():.0f}"
        desk.wait(f"{cells}.text[0][0] === '{recall}'")
        desk.choose("matrix-order", "Confused together")
        desk.wait("window.dash_component_api.getLayout('confusions').props.data.order.join() !== '0,1,2,3,4,5,6,7,8,9'")
    with desk.settings("Confusion matrix"):  # opened again, they say what is chosen
        expect(desk.at("#matrix-cells input:checked")).to_have_value("true")
    order = desk.data("confusions")["order"]
    desk.wait(
        f"Array.from({PLOT.format('matrix')}._fullLayout.xaxis._categories, Number).join() === '{','.join(map(str, order))}'"
    )
    desk.click_cell(order[0], order[0])
    desk.wait_framed((0, 0))
    assert desk.data("selection")["label"] == f"{order[0]}, rightly recognised"


def test_the_chord_diagram_selects_what_is_clicked(desk, arrays, test_ids, wrong_cell):
    true, taken = wrong_cell
    count, of_class = arrays("confusion_test")[true, taken], arrays("confusion_test")[true].sum()
    desk.choose("matrix-diagram", "Chord")
    desk.wait("document.querySelector('#chord .chord-arc')")
    ribbon = desk.at(f"#chord path[data-at='{true} {taken}']")
    # The middle of its end on the arc of the true class: within a hand's breadth of the arc it lies under no other.
    x, y = desk.js(
        """([true_, taken]) => { const svg = document.querySelector('#chord svg'), {chord} = window.dash_component_api
            .getLayout('confusions').props.data, box = svg.getBoundingClientRect();
            const place = chord.pairs.findIndex(([t, p]) => t === true_ && p === taken), [start, end] = chord.ends[place];
            const path = document.querySelector(`#chord path[data-at="${true_} ${taken}"]`), angle = (start + end) / 2;
            const [, mx, my] = path.getAttribute('d').match(/^M(\\S+) (\\S+?)A/), radius = Math.hypot(mx, my) - 2;
            const [left, top] = [box.left + box.width / 2, box.top + box.height / 2];
            return [left + radius * Math.sin(angle), top - radius * Math.cos(angle)] }""",
        [true, taken],
    )
    desk.page.mouse.move(x - 1, y)
    desk.page.mouse.move(x, y)
    expect(desk.at(".darkroom-tip:visible")).to_contain_text(
        f"{true} taken for {taken}: {count} images ({100 * count / of_class:.1f} % of class {true}"
    )
    desk.page.mouse.click(x, y)
    desk.wait_grid(test_ids(lambda t, p: (t == true) & (p == taken)))
    expect(ribbon).to_have_attribute("data-marked", "")
    expect(desk.at("#chord path[data-marked]")).to_have_count(1)

    arc = desk.at(f"#chord .chord-arc[data-at='{taken}']")
    arc.focus()
    desk.page.keyboard.press("Enter")
    desk.wait_grid(test_ids(lambda t, p: (t != p) & ((t == taken) | (p == taken))))
    expect(arc).to_have_attribute("aria-pressed", "true")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("Shift+Enter")
    desk.wait_data("selection", "data?.label.includes(' and ')")
    expect(desk.at("#chord .chord-arc[aria-pressed=true]")).to_have_count(2)

    desk.page.get_by_role("button", name="Export: Confusion matrix").click()
    menu = desk.page.get_by_role("menu", name="Export: Confusion matrix")
    with desk.page.expect_download() as coming:
        menu.get_by_role("menuitem", name="Picture, SVG").click()
    assert coming.value.suggested_filename == "chord.svg"
    assert (coming.value.path()).read_text().startswith("<svg")


@pytest.fixture(scope="module")
def hundred_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hundred")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 100, 3000)
    predicted = np.where(rng.random(3000) < 0.6, labels, rng.integers(0, 100, 3000))
    names = [f"<i>class</i> number {number}" for number in range(100)]
    np.savez(folder / "told.npz", probs=np.eye(100)[predicted] * 0.9 + 0.001, labels=labels, class_names=names)
    with own_store(folder / "store") as own:
        own.give_study(folder / "told.npz")
        with served(own.engine, own.settings) as address:
            yield address, np.histogram2d(labels, predicted, bins=100)[0].astype(int)


@pytest.mark.slow
def test_a_hundred_classes_can_be_read_closer(free_desks, hundred_site):
    site, confusion = hundred_site
    desk = free_desks(site=site).open()
    expect(desk.at("#matrix-split")).to_be_hidden()  # there are no train images
    seen = f"{PLOT.format('matrix')}._fullLayout.xaxis.range"
    corner = desk.cell(70, 70)
    desk.page.mouse.move(*desk.cell(35, 35))
    desk.page.mouse.down()
    desk.page.mouse.move(*corner, steps=4)
    desk.page.mouse.up()
    desk.wait(f"{seen}[1] - {seen}[0] < 60")
    x, y = desk.cell(50, 50)
    desk.page.mouse.move(x - 3, y)
    desk.page.mouse.move(x, y)
    told = f"<i>class</i> number 50, rightly recognised: {confusion[50, 50]} images"
    expect(desk.at(".darkroom-tip:visible")).to_contain_text(told)
    desk.click_cell(50, 50)
    desk.wait_selected("<i>class</i> number 50, rightly recognised")
    wrong = confusion * (1 - np.eye(100, dtype=int))
    expect(desk.at(".confusion-head")).to_have_text(f"Top 20 of {np.count_nonzero(wrong):,}")
    desk.choose("matrix-diagram", "Chord")
    least = desk.wait_data("confusions", "data?.chord")["chord"]["least"]
    left_out = wrong[wrong < least].sum()
    expect(desk.at(".chord-notes")).to_contain_text(
        f"Ribbons of fewer than {least} images are not drawn: {left_out:,} images."
    )
