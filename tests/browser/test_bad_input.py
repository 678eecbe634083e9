"""Files that cannot be used, in the form for a new study: what is wrong stands under the field, and nothing can be started."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from tests.browser.desk import served
from tests.dashboard.borrowed import own_store
from tests.engines import wait_until
from workers import tasks  # registers what the kinds do
from workers.presence import publish_choices
from workers.runner import Runner

assert tasks


class Code:
    """Runs when a pickle of it is loaded."""

    def __reduce__(self):
        return print, ("it ran",)


@pytest.fixture
def own(tmp_path, digits):
    """A store in which the form can be filled; no worker, so that looks are done here, one after the other."""
    with own_store(tmp_path / "store", workers=1, device="cpu", worker=False) as own:
        publish_choices(own.engine.client, digits.engine.choices())
        own.copy_study(digits)
        yield own


@pytest.mark.slow
def test_what_is_wrong_with_a_file_stands_under_its_field(own, free_desks, tmp_path, capfd):
    pictures = tmp_path / "pictures"
    for name in ("cat", "<b>dog"):
        (pictures / name).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(np.arange(784, dtype=np.uint8).reshape(28, 28)).save(pictures / name / f"{number}.png")
    broken = pictures / "<b>dog" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    (tmp_path / "told.csv").write_text("cat,dog,label\n1,2,0\n3,oops,1\n")
    torch.save({"state_dict": Code()}, tmp_path / "own.pt")

    with served(own.engine, own.settings) as site:
        tab = free_desks(site=site).open()
        tab.at("#new-button").click()
        expect(tab.page.get_by_role("dialog", name="New study")).to_be_visible()

        def says(what, place, sentence):
            tab.at(f"#new-{what}-path").fill(str(place))
            tab.at(f"#new-{what}-path").press("Enter")
            look = wait_until(lambda: [job for job in own.engine.jobs.recent() if job.is_open], what="the look")[0]
            Runner(own.engine.jobs, own.engine.results, "here", 60.0, {}).run(look.key)
            expect(tab.at(f"#new-{what}-told")).to_contain_text(sentence)
            expect(tab.at("#new-start")).to_be_disabled()

        tab.at("#new-kind").click()
        tab.page.get_by_role("option", name="A folder of class folders", exact=True).click()
        says(
            "folder",
            pictures,
            re.compile(r"1 of 4 files in .*pictures cannot be read: <b>dog/1\.png \(damaged: .*; repair"),
        )
        tab.choose("new-start-from", "Weights of a file")
        says("weights", tmp_path / "own.pt", "own.pt holds objects such as print beside weights, which could run code")
        tab.choose("new-made-of", "Predictions alone")
        says("predictions", tmp_path / "told.csv", "row 1 (line 3), column 'dog' must be a number, not 'oops'.")
    assert "it ran" not in capfd.readouterr().out
