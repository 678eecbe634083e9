"""New studies, made in the form: of a folder of pictures and of predictions alone, by real workers; and what the form
says of mistakes, and of a study that is duplicated."""

import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.desk import served
from tests.engines import running_fleet, wait_until
from workers.engine import Engine


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with running_fleet(tmp_path_factory.mktemp("new"), workers=1, device="cpu", memory=2**27) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def own_site(fleet):
    with served(Engine.connect(fleet.settings, fleet.url, patient=False), fleet.settings) as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Dark and bright squares, 20 each; one class has a name that a page could take for a script."""
    folder = tmp_path_factory.mktemp("pictures") / "squares"
    random = np.random.default_rng(0)
    for name, level in (("dark", 40), ("<script>alert(1)<", 200)):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(level - 30, level + 30, (28, 28)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def choose(tab, field, option):
    """Takes an option of a select."""
    tab.at(f"#{field}").click()
    tab.page.get_by_role("option", name=option, exact=True).click()


def opened(tab, site):
    tab.page.goto(site)
    tab.at("#new-button").click()
    expect(tab.page.get_by_role("dialog", name="New study")).to_be_visible()
    return tab


@pytest.mark.slow
def test_a_study_of_a_folder_of_pictures(free_desks, own_site, fleet, pictures):
    tab = opened(free_desks(site=own_site), own_site)
    choose(tab, "new-kind", "A folder of class folders")
    tab.sees("#new-missing", "Name the folder and press Look.")
    tab.at("#new-folder-path").fill(str(pictures / "nowhere"))
    tab.page.get_by_role("button", name="Look at the folder").click()
    expect(tab.at("#new-folder-told")).to_contain_text("nowhere")
    expect(tab.at("#new-start")).to_be_disabled()

    tab.at("#new-folder-path").fill(str(pictures))
    tab.at("#new-folder-path").press("Enter")
    expect(tab.at("#new-folder-told")).to_contain_text("40 images: with 20% kept for testing, 32 train, 8 test.")
    expect(tab.at("#new-folder-told")).to_contain_text("2 classes: <script>alert(1)<, dark.")
    tab.at("#new-teacher-epochs").fill("1")
    expect(tab.at("#new-start")).to_be_enabled()
    tab.sees("#new-size", re.compile(r"^Takes about .+ MiB of the store's 128\.0 MiB\.$"))
    tab.sees("#new-time", re.compile(r"^About .+ on cpu \(.+ a step, measured\)\.$"))
    assert tab.at("#new-title").get_attribute("placeholder") == "squares, LeNet"
    tab.at("#new-title").fill("My squares")
    tab.at("#new-start").click()

    expect(tab.page.get_by_role("dialog", name="New study")).to_be_hidden()
    study = wait_until(fleet.engine.studies.all, what="the study")[0]
    assert study.title == "My squares"
    tab.wait_data("study", f"data?.id === '{study.id}'")
    wait_until(lambda: tab.steps() == ["done"] * 4, 120, "the study")
    assert fleet.engine.results.meta(study.keys["images"])["count"] == 40

    tab.at("#new-button").click()  # what was typed is there still, and now asks for a study that exists
    tab.sees("#new-missing", "This study is there already: My squares.")
    tab.sees("#new-start", "Open")
    tab.at("#new-start").click()
    expect(tab.page.get_by_role("dialog", name="New study")).to_be_hidden()
    assert len(fleet.engine.studies.all()) == 1


@pytest.mark.slow
def test_a_study_of_predictions_alone(free_desks, own_site, fleet, tmp_path):
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 60)
    lines = [",".join(f"{share:.9f}" for share in row) + f",{'cat' if row[0] > 0.3 else 'owl'}" for row in rows]
    (tmp_path / "pets.csv").write_text("\n".join(["cat,dog,owl,label", *lines]))
    tab = opened(free_desks(site=own_site), own_site)
    tab.choose("new-made-of", "Predictions alone")
    expect(tab.page.get_by_role("region", name="Teacher", exact=True)).to_be_hidden()
    tab.sees("#new-missing", "Name the file of predictions and press Look.")
    tab.at("#new-predictions-path").fill(str(tmp_path / "pets.csv"))
    tab.page.get_by_role("button", name="Look at the file of predictions").click()
    expect(tab.at("#new-predictions-told")).to_contain_text("60 predictions, as probabilities.")
    tab.sees(
        "#new-without",
        re.compile(
            "^Without images: cards in place of pictures, no VAE view.*no Slicer view, no Library view. Without a model: no "
        ),
    )
    tab.sees("#new-time", "")
    choose(tab, "new-predictions-outputs", "logits")  # which is looked at again by itself
    expect(tab.at("#new-predictions-told")).to_contain_text("60 predictions, as logits.")
    choose(tab, "new-predictions-outputs", "told apart by the numbers")
    expect(tab.at("#new-predictions-told")).to_contain_text("60 predictions, as probabilities.")
    tab.at("#new-start").click()
    shown = tab.wait_data("study", "data?.title === 'pets'")
    tab.wait_painted()
    (study,) = [study for study in fleet.engine.studies.all() if study.title == "pets"]
    assert shown["id"] == study.id


def test_a_duplicate_begins_with_the_settings_of_its_study(fresh_desk):
    fresh_desk.page.get_by_role("button", name="This study").click()
    fresh_desk.page.get_by_role("menuitem", name="Duplicate with other settings").click()
    expect(fresh_desk.page.get_by_role("dialog", name="New study")).to_be_visible()
    expect(fresh_desk.at("#new-title")).to_have_value("Digits, copy")
    expect(fresh_desk.at("#new-teacher-epochs")).to_have_value("3")
    fresh_desk.sees("#new-missing", "This study is there already: Digits.")
    fresh_desk.at("#new-teacher-epochs").fill("4")
    fresh_desk.sees("#new-missing", "")
    fresh_desk.sees("#new-start", "Start")
    expect(fresh_desk.at("#new-start")).to_be_enabled()


@pytest.mark.slow
def test_mistakes_are_told_where_they_are(free_desks, own_site):
    tab = opened(free_desks(site=own_site), own_site)
    expect(tab.at("#new-start")).to_be_enabled()
    field = tab.at(".new-form .mantine-NumberInput-root").filter(has=tab.at("#new-teacher-learning-rate"))
    tab.at("#new-teacher-learning-rate").fill("0")
    expect(field).to_contain_text("must be greater than 0")
    expect(tab.at("#new-start")).to_be_disabled()
    tab.sees("#new-missing", "Learning rate must be greater than 0.")
    tab.at("#new-teacher-learning-rate").fill("")
    choose(tab, "new-teacher-optimizer", "sgd")
    expect(tab.at("#new-teacher-learning-rate")).to_have_value("0.05")
    expect(tab.at("#new-start")).to_be_enabled()
    tab.at("#new-teacher-learning-rate").fill("0.003")
    choose(tab, "new-teacher-optimizer", "adam")
    expect(tab.at("#new-start")).to_be_enabled()
    expect(tab.at("#new-teacher-learning-rate")).to_have_value("0.003")

    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog", name="New study")).to_be_hidden()
    tab.at("#new-button").click()
    expect(tab.at("#new-teacher-learning-rate")).to_have_value("0.003")

    tab.page.get_by_role("button", name="Presets").click()
    tab.page.get_by_role("menuitem", name="CIFAR-10, ResNet-20").click()
    expect(tab.at("#new-kind")).to_have_value("CIFAR-10")
    expect(tab.at("#new-teacher-epochs")).to_have_value("30")
    tab.sees("#new-missing", re.compile(r"^It would take .+, but the store's budget is 128\.0 MiB; "))
    expect(tab.at("#new-start")).to_be_disabled()
