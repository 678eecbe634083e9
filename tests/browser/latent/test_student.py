"""The Student view in the browser: a student is asked for, read, compared, and gone as soon as another image is looked at."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow  # a VAE is trained for them

FIRST, SECOND = 1600, 1500
DARK = "document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')"
SHOWN = "document.querySelector('#student-maps')?.dataset.shown"

HOLD = """() => {  // the server's answers are held back until `letGo` is called
    const {fetch} = window, held = [];
    window.fetch = (address, ...more) => (String(address).includes('_dash-update-component')
        ? new Promise((go) => held.push(go)).then(() => fetch(address, ...more)) : fetch(address, ...more));
    window.letGo = () => {
        window.fetch = fetch;
        held.forEach((go) => go());
    };
}"""


@pytest.fixture
def student_desk(latent_desk, encoded):
    """The Student view of an image without a student yet."""
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=student&focus={FIRST}")
    expect(desk.at("#student-generate")).to_be_enabled()
    return desk


def generate(desk):
    """Presses the button, and waits until another student than before is painted; gives its key."""
    before = desk.js(f"{SHOWN} ?? ''")
    desk.at("#student-generate").click()
    desk.wait(f"before => {{ const shown = {SHOWN}; return shown && shown !== before }}", before)
    return desk.data("student-shown")["key"]


def set_to(desk, name, value):
    desk.js(f"dash_clientside.set_props('student-set-{name}', {{value: {json.dumps(value)}}})")


def test_a_student_is_made_read_and_compared(student_desk, encoded):
    desk, array = student_desk, encoded.engine.results.array
    desk.sees(
        "#student-words",
        "Press Generate & train: neighbours of the image are drawn, and a student learns what the teacher says of them.",
    )
    set_to(desk, "width", 80)
    first = generate(desk)

    # Bars and maps are those of the result.
    logits = array(first, "student_logits").astype(float)
    shares = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert desk.js("darkroom.student.students[0].shares.student") == pytest.approx(shares.tolist(), abs=1e-5)
    assert desk.at(".student-row:not(.student-head)").count() == 10
    contributions = (array(first, "weights") * (array(first, "image") / np.float32(255))).sum(axis=1)
    got = desk.js(
        "darkroom.student.students[0].maps.map(({contributions}) => contributions.reduce((a, b) => a + b, 0))"
    )
    assert got == pytest.approx(contributions.sum(axis=(1, 2)).tolist(), abs=1e-2)
    fidelity = encoded.engine.results.meta(first)["fidelity"]
    desk.sees(
        "#student-fidelity-panel-subtitle",
        f"Agrees on {fidelity['agreement']:.1%}; the commonest label alone {fidelity['majority']:.1%}",
    )

    # A tile is looked at, enlarged.
    tile = desk.at(".student-row:not(.student-head)").nth(2).locator(".student-tile").first
    tile.hover()
    expect(tile).to_have_attribute("data-chosen", "")
    expect(desk.at(".student-caption")).to_contain_text(": weights")

    # Two classes: what the pixels add is the difference of the logits.
    desk.wait("document.querySelector('#student-pair')?.dataset.sums")
    positive, negative, bias, student, teacher = json.loads(
        desk.js("document.querySelector('#student-pair').dataset.sums")
    )
    one, other = map(int, desk.js("document.querySelector('#student-pair').dataset.pair").split())
    assert positive + negative + bias == pytest.approx(student, abs=1e-3)
    assert student == pytest.approx(logits[one] - logits[other], abs=1e-3)
    theirs = array(first, "teacher_logits").astype(float)
    assert teacher == pytest.approx(theirs[one] - theirs[other], abs=1e-3)

    # The tree, then a second student, and both side by side, in the dark.
    desk.js(DARK)
    desk.page.get_by_role("tab", name="Tree").click()
    expect(desk.at("#student-tree-said")).to_contain_text("Agrees with the teacher on")
    set_to(desk, "temperature", 4)
    second = generate(desk)
    desk.page.get_by_role("tab", name="History").click()
    expect(desk.at("#student-history tbody tr")).to_have_count(2)
    desk.at("#student-history .jobs-act").nth(1).click()
    desk.wait(f"{SHOWN} === '{second},{first}'")
    assert desk.at(".student-row").nth(1).locator(".student-tile").count() == 4

    # The settings and the student are in the address.
    desk.wait("decodeURIComponent(location.search).includes('temperature:4')")
    address = desk.page.url
    desk.page.goto("about:blank")
    desk.page.goto(address)
    desk.wait(f"{SHOWN} === '{second}'")
    assert desk.props("student-set-temperature")["value"] == 4


def test_an_old_student_is_gone_under_a_new_image(student_desk):
    """As soon as the focus is another, and before the server has said anything."""
    desk = student_desk
    if not desk.js(f"{SHOWN} ?? ''"):
        generate(desk)
    desk.wait(f"{SHOWN}")
    desk.js(HOLD)
    desk.js(f"dash_clientside.set_props('focus', {{data: {SECOND}}})")
    desk.wait(
        """[...document.querySelectorAll('.student-of')].every((body) => getComputedStyle(body).visibility === 'hidden'
            || !body.getClientRects().length)"""
    )
    assert desk.data("student-shown")["number"] == FIRST
    desk.js("window.letGo()")
    desk.wait_data("student-shown", "data === null")
    expect(desk.at("#student-words")).to_be_visible()
    desk.js(f"dash_clientside.set_props('focus', {{data: {FIRST}}})")
    desk.wait_data("student-shown", f"data?.number === {FIRST}")
    expect(desk.at("#student-maps")).to_be_visible()


def test_students_of_a_selection_are_averaged_and_a_pair_selects(student_desk, encoded):
    desk = student_desk
    desk.js("dash_clientside.set_props('student-set-neighbours', {value: 40})")
    from dashboard.links import make_selection

    mask = np.zeros(1797, bool)
    mask[[1500, 1501, 1502]] = True
    picked = make_selection(encoded.engine, encoded.study.keys["images"], mask, "three", "test")
    desk.js(f"dash_clientside.set_props('selection', {{data: {json.dumps(picked)}}})")
    desk.page.get_by_role("tab", name="Selection").click()
    desk.sees("#students-make", "Distil all 3")
    desk.at("#students-make").click()
    desk.wait("document.querySelector('#students')?.dataset.key")
    pairs = desk.at(".students-pair")
    shown = desk.data("students-shown")
    assert pairs.count() == len(encoded.engine.results.array(shown["key"], "pairs"))
    pairs.first.click()
    count = int(encoded.engine.results.array(shown["key"], "counts")[0])
    desk.wait_data("selection", f"data?.origin === 'students' && data.count === {count}")
