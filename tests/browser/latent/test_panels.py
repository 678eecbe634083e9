"""Neighbours, morph and counterfactual in the browser: what is painted is what the engine says, and the line goes where one
wants it."""

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from dashboard.vae.neighbours import numbers

pytestmark = pytest.mark.slow  # a VAE is trained for them

FIRST, SECOND = 1600, 1500
DARK = "document.documentElement.setAttribute('data-mantine-color-scheme', 'dark')"
SAID = re.compile(r"^(All|\d+ of) 512 ")


def test_neighbours_lie_on_the_darksight_map(latent_desk, encoded):
    """Small hollow points, as many as there are; gone with the panel."""
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=vae,darksight&focus={FIRST}")
    wait_turn(desk, 1)
    points = "document.querySelectorAll('.scatter-hollow[data-name=neighbour]').length"
    desk.wait(f"{points} === 512")
    desk.js("dash_clientside.set_props('neighbours-count', {value: 40})")
    desk.wait(f"{points} === 40")
    desk.page.get_by_role("tab", name="Morph").click()
    desk.wait(f"{points} === 0")
    desk.page.get_by_role("tab", name="Neighbours").click()
    desk.wait(f"{points} === 40")


@pytest.fixture
def vae_desk(latent_desk, encoded):
    """The VAE view of an image in a study with a VAE, its neighbours painted."""
    desk = latent_desk
    desk.page.goto(f"{desk.site}/?study={encoded.study.id}&views=vae&focus={FIRST}")
    wait_turn(desk, 1)
    return desk


def wait_turn(desk, turn):
    """Until neighbours have been painted so often."""
    desk.wait(
        "turn => { const {turn: at, ready} = document.querySelector('#neighbours')?.dataset ?? {}; "
        "return at === turn && ready === 'true' }",
        str(turn),
    )


def neighbours_asked(desk, encoded):
    """The question whose answer is shown, and the answer that the engine gives to it now."""
    asked = desk.wait_data("neighbours-asked", "data !== null")
    return asked, encoded.engine.calls.ask("neighbours", asked, "test", timeout=60)


def line(desk):
    return desk.wait_data("vae-line", "data !== null && data.values !== null")["values"]


def test_neighbours_are_painted_ordered_drawn_anew_and_gone_to(vae_desk, encoded):
    desk = vae_desk
    asked, told = neighbours_asked(desk, encoded)
    assert (asked["number"], asked["count"], asked["seed"], asked["residual"]) == (FIRST, 512, 0, True)
    shown = desk.js("Array.from(darkroom.neighbours.grid.source.predicted)")
    assert shown == numbers(told["top"], np.int16).tolist()
    desk.sees(".neighbours-said", SAID)
    assert int(desk.js("document.querySelector('#neighbours').dataset.took")) > 0

    desk.at("#neighbours-again").click()
    wait_turn(desk, 2)
    assert desk.js("darkroom.neighbours.grid.ids.length") == 512
    desk.wait_data("neighbours-asked", "data?.seed === 1")

    # A band over the whole range: some of them are taken for something else, which the frame and the bar show.
    desk.js("dash_clientside.set_props('latent-width', {value: 100})")
    wait_turn(desk, 3)
    asked, told = neighbours_asked(desk, encoded)
    top, distances = numbers(told["top"], np.int16), numbers(told["distances"], np.float32)
    assert desk.js("Array.from(darkroom.neighbours.grid.source.predicted)") == top.tolist()
    moved = np.flatnonzero(top != told["original"])
    framed = desk.js("(grid => Array.from(grid.ids).filter((id) => grid.isWrong(id)))(darkroom.neighbours.grid)")
    assert framed == moved.tolist()
    assert len(moved) > 0
    assert desk.at(".neighbours-share").count() == len(np.unique(top))
    kept = 512 - len(moved)
    assert (
        desk.at(".neighbours-said")
        .inner_text()
        .startswith(f"{kept} of 512 keep the image’s label, {told['original']}.")
    )

    desk.pick("neighbours-sort", "Nearest first")
    desk.wait(
        "wanted => Array.from(darkroom.neighbours.grid.ids.slice(0, 9)).join() === wanted",
        ",".join(map(str, np.argsort(distances, kind="stable")[:9].tolist())),
    )
    nearest = int(distances.argmin())
    desk.js(DARK)
    box = desk.at("#neighbours").bounding_box()
    desk.page.mouse.click(box["x"] + 20, box["y"] + 20)
    desk.sees(".neighbours-told", re.compile(rf"^neighbour {nearest} · {top[nearest]}, "))
    desk.page.keyboard.press("ArrowRight")
    second = int(np.argsort(distances, kind="stable")[1])
    desk.sees(".neighbours-told", re.compile(rf"^neighbour {second} · "))
    desk.at(".neighbours-foot .latent-there").click()
    wait_turn(desk, 4)
    wanted = {name: value for name, value in asked.items() if name not in ("teacher", "epoch", "residual")}
    codes = numbers(encoded.engine.calls.ask("neighbour-codes", wanted, "test", timeout=60)["codes"], np.float32)
    assert line(desk) == pytest.approx(codes.reshape(512, -1)[second], abs=1e-4)
    assert desk.data("neighbours-asked")["centre"] == pytest.approx(line(desk))


def test_a_morph_is_pinned_walked_and_gone_to_where_the_label_flips(vae_desk, encoded):
    desk = vae_desk
    desk.page.get_by_role("tab", name="Morph").click()
    desk.sees("#morph-words", re.compile("^Pin a second image"))
    second = desk.at("#morph-second")
    second.fill(str(SECOND))
    second.press("Enter")
    desk.wait("document.querySelector('#morph-body')?.dataset.frames === '11'")
    asked = desk.wait_data("morph-asked", "data !== null")
    told = encoded.engine.calls.ask("morph", asked, "test", timeout=60)
    pixels = np.frombuffer(base64.b64decode(told["pixels"]["data"]), np.uint8).reshape(told["pixels"]["shape"])
    images = encoded.engine.pixels(asked["images"]).read([FIRST, SECOND])
    assert np.array_equal(pixels[[0, -1]], images)
    painted = desk.js(
        """Array.from(document.querySelectorAll('.morph-strip canvas'), (canvas) => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return Array.from(data).filter((_, place) => place % 4 === 0) })"""
    )
    assert np.array_equal(np.array(painted, np.uint8).reshape(11, 28, 28)[[0, -1]], images[:, 0])
    assert desk.at(".morph-strip b").all_inner_texts() == [str(top) for top in told["top"]]

    slider = desk.page.get_by_role("slider", name="Frame of the way")
    slider.focus()
    slider.press("ArrowRight")
    desk.sees(".morph-said", re.compile(r"frame 2 of 11, 10% of the way"))
    assert desk.at(".morph-strip figure[data-chosen]").count() == 1
    desk.js(DARK)
    assert len(told["flips"]) > 0
    flip = told["flips"][0]
    mark = desk.at(".morph-marks button").first
    expect(mark).to_have_text(f"{flip['from']} → {flip['to']}")
    mark.click()
    assert line(desk) == pytest.approx(flip["code"], abs=1e-4)
    desk.at(".morph-strip figure").nth(4).click()
    desk.at(".morph-look .latent-there").click()
    desk.wait_data("vae-line", f"Math.abs(data.values[0] - {told['codes'][4][0]}) < 1e-4")
    assert line(desk) == pytest.approx(told["codes"][4], abs=1e-4)

    desk.choose("morph-way", "Spherical")
    desk.wait_data("morph-asked", "data?.way === 'spherical'")
    desk.js(f"dash_clientside.set_props('pinned', {{data: {FIRST}}})")
    desk.sees("#morph-words", re.compile("^The pinned image is the focused one"))


def test_a_counterfactual_is_searched_for_and_the_line_goes_there(vae_desk, encoded):
    desk = vae_desk
    desk.page.get_by_role("tab", name="Counterfactual").click()
    desk.sees("#counterfactual-words", re.compile("^Search for the smallest step"))
    target = int(desk.props("counterfactual-class")["value"])
    desk.at("#counterfactual-search").click()
    desk.wait("document.querySelectorAll('.counterfactual-pictures img').length === 3")
    desk.sees("#counterfactual-said", re.compile(rf"^Taken for {target}, \d+\.\d\d standard deviations away\."))
    desk.at("#counterfactual-move").click()
    values = line(desk)
    # The live answer at the line says the same as the search.
    desk.wait(
        """target => { const {now, values} = darkroom.latent;
            return values && now && now.probabilities.indexOf(Math.max(...now.probabilities)) === target }""",
        target,
    )
    key = encoded.engine.studies.get(encoded.study.id).keys["counterfactual-latest"]
    assert encoded.engine.results.array(key, "code") == pytest.approx(np.array(values), abs=1e-6)
    # What was searched for is there at once when it is chosen again.
    desk.js(f"dash_clientside.set_props('counterfactual-class', {{value: '{(target + 1) % 10}'}})")
    desk.wait("document.querySelectorAll('.counterfactual-pictures img').length === 0")
    desk.js(f"dash_clientside.set_props('counterfactual-class', {{value: '{target}'}})")
    desk.wait("document.querySelectorAll('.counterfactual-pictures img').length === 3")
