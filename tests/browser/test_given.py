"""A study of predictions alone, without pictures and labels: cards in the grid, and what is said of one."""

import numpy as np
import pytest

from dashboard.theme import class_colours
from tests.browser.desk import served
from tests.dashboard.borrowed import own_store

pytestmark = pytest.mark.slow  # a study of its own is made

N, K = 300, 4
NAMES = np.array(["cat", "<script>alert(1)</script>", "a name that is longer than any card", "dog"])
PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(K), N)
PREDICTED, CONFIDENCE = PROBABILITIES.argmax(axis=1), PROBABILITIES.max(axis=1)


@pytest.fixture(scope="module")
def given_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    np.savez(folder / "told.npz", probs=PROBABILITIES, class_names=NAMES)
    with own_store(folder / "store") as own:
        own.give_study(folder / "told.npz")
        with served(own.engine, own.settings) as address:
            yield address


# The colours of some points of each image's card, as #rrggbb; the points are in px from its corner.
COLOURS = """([ids, points]) => {
    const {grid} = window.darkroom, copy = new OffscreenCanvas(grid.canvas.width, grid.canvas.height).getContext('2d',
        {willReadFrequently: true});
    copy.drawImage(grid.canvas, 0, 0);
    return ids.map(id => points.map(([x, y]) => {
        const tile = grid.rectOf(id), {data} = copy.getImageData(Math.round(tile.x) + x, Math.round(tile.y) + y, 1, 1);
        return '#' + Array.from(data.slice(0, 3), value => value.toString(16).padStart(2, '0')).join('');
    }));
}"""


def test_predictions_without_pictures_are_drawn_as_cards(free_desks, given_site):
    desk = free_desks(site=given_site)
    desk.page.goto(given_site)
    desk.wait("document.querySelector('#grid')?.dataset.ready === 'true'")
    desk.sees("#grid-panel-subtitle", "All predictions: 300 of 300")
    assert int(desk.at("#grid").get_attribute("data-painted")) > 30
    seen = list(range(20))
    stripes = [colours[0] for colours in desk.js(COLOURS, [seen, [[1, 8]]])]
    assert stripes == [class_colours(K)[PREDICTED[image]] for image in seen]

    desk.click_image(7)
    desk.wait_focus(7)
    assert desk.bars() == pytest.approx(PROBABILITIES[7].tolist(), rel=1e-5)
    bits = -(PROBABILITIES[7] * np.log2(PROBABILITIES[7])).sum()
    sure = f"#7 · {NAMES[PREDICTED[7]]} · {round(100 * CONFIDENCE[7])} % · {bits:.2f} bits"
    desk.sees(".darkroom-tip", sure)
    desk.sees("#grid [role=option]", sure)
    desk.page.keyboard.press("ArrowRight")
    desk.wait_focus(8)
    desk.arrange("grid-sort", "Confidence")
    desk.wait_grid(np.lexsort((np.arange(N), CONFIDENCE.astype(np.float32))).tolist())

    # Told of labels, which this study does not have, it frames what is wrong, as it does with pictures.
    labels = np.where(np.arange(N) % 2, (PREDICTED + 1) % K, PREDICTED).tolist()
    desk.js("trueLabels => window.darkroom.grid.setSource({...window.darkroom.grid.source, trueLabels})", labels)
    desk.wait("window.darkroom.grid.host.dataset.ready === 'true'")
    wrong = desk.js("window.darkroom.grid.colours.wrong")
    shown = desk.grid_ids()[:10]
    assert [colours[0] == wrong for colours in desk.js(COLOURS, [shown, [[30, 0]]])] == [
        image % 2 == 1 for image in shown
    ]
