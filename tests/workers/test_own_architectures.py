"""Architectures of a user's own, as workers know them: loaded at the start, published, trained, missed."""

import json
import logging
import re

import pytest

from models.architectures import ARCHITECTURES
from workers.kinds import KINDS, job
from workers.params import OWN_ARCHITECTURE, TeacherParams
from workers.settings import Settings, UsageError
from workers.study_check import checked_study
from workers.supervisor import ROOT
from workers.worker import load_tasks

IN_PLACE = """
from torch import nn

from models.architectures import architecture


@architecture("in-place", title="In place", min_size=2)
def make(in_shape, n_classes):
    return nn.Sequential(
        nn.Conv2d(in_shape[0], 2, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, n_classes)
    )
"""


@pytest.fixture
def readme(nets):
    """The example of the README, as a file."""
    (example,) = re.findall(r"```python\n(.*?@architecture\(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return nets(example)


def load(*files):
    """What a worker tells of architectures when it starts with these files; Darkroom's own are left out."""
    told = load_tasks(Settings(device="cpu", models=files))
    return {name: known for name, known in told["choices"]["architectures"].items() if "@" in name}


def test_the_example_of_the_readme_is_trained_and_asked(make, results, readme):
    ((name, told),) = load(readme).items()
    assert (name.partition("@")[0], told["title"], told["min_size"], told["faults"]) == (
        "small-net",
        "Small net",
        8,
        [],
    )
    params = TeacherParams(architecture=name, epochs=1)
    images = job("images")
    teacher = job("teacher", params.model_dump(), images=images)
    make(job("predictions", images=images, teacher=teacher))
    meta = results.meta(teacher.key)
    assert (meta["architecture"], meta["faults"]) == (name, [])
    before, after = results.array(teacher.key, "train_loss")
    assert after < before
    stored = results.meta(teacher.key)["arrays"]["weights-1"]["bytes"]
    assert KINDS["teacher"].size(params, {}) == pytest.approx(2 * stored, rel=0.4)  # and names, beside few weights


def test_faults_are_published_logged_and_kept_with_the_teacher(make, results, nets, caplog):
    with caplog.at_level(logging.INFO, "darkroom"):
        ((name, told),) = load(nets(IN_PLACE)).items()
    assert told["n_weights"] == 3 * 2 + 2 + 2 * 10 + 10
    assert re.match(r"Layers that work in place .* \(1\): make them with inplace=False\.$", told["faults"][0])
    assert caplog.messages[-1] == f"architecture={name} {told['faults'][0]}"
    key = make(job("teacher", {"architecture": name, "epochs": 0}, images=job("images")))
    assert results.meta(key)["faults"] == told["faults"]


def test_another_content_of_the_file_is_another_question(nets):
    (first,) = load(nets(IN_PLACE))
    del ARCHITECTURES[first]
    (second,) = load(nets(IN_PLACE.replace("inplace=True", "inplace=False")))
    assert re.fullmatch(OWN_ARCHITECTURE, first)
    keys = {job("teacher", {"architecture": name}, images=job("images")).key for name in (first, second)}
    assert len(keys) == 2


def test_what_this_worker_does_not_know_fails_with_what_to_do(make, nets):
    (known,) = load(nets(IN_PLACE))
    teacher = job("teacher", {"architecture": known, "epochs": 0}, images=job("images"))
    make(teacher)
    del ARCHITECTURES[known]  # as after a start with other flags
    for spec in (
        job("teacher", {"architecture": known, "epochs": 1}, images=job("images")),
        job("predictions", images=job("images"), teacher=teacher),
    ):
        with pytest.raises(AssertionError, match=rf"^the architecture {known} is not known here: .* among --models\."):
            make(spec)


def test_a_study_file_may_name_one_and_is_checked_with_it(nets, tmp_path, monkeypatch):
    (name,) = load(nets(IN_PLACE))
    del ARCHITECTURES[name]
    monkeypatch.setenv("DARKROOM_MODELS", json.dumps([str(tmp_path / "nets.py")]))
    study = tmp_path / "study.toml"
    study.write_text(f'[teacher]\narchitecture = "{name}"')
    _, specs, choices = checked_study(study)
    assert specs["teacher"].params.architecture == name
    assert choices["architectures"][name]["title"] == "In place"
    del ARCHITECTURES[name]
    study.write_text('[teacher]\narchitecture = "in-place"')
    with pytest.raises(
        UsageError, match=r"architecture = 'in-place': it should be lenet, .*, or the whole name of one"
    ):
        checked_study(study)
    monkeypatch.setenv("DARKROOM_MODELS", '["/nowhere.py"]')
    with pytest.raises(UsageError, match=r"^--models: /nowhere\.py cannot be read"):
        checked_study(study)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (None, r"^--models: .*nets\.py cannot be read \(no such file or directory\)\.$"),
        (
            "raise RuntimeError('first\\n\\nsecond')",
            r"^--models: .*nets\.py fails when it is run: RuntimeError: first\.$",
        ),
        ("", r"^--models: .*nets\.py declares no architecture; put @architecture"),
        (IN_PLACE.replace("in-place", "resnet-20"), r"declares resnet-20, and there is an architecture of that name"),
    ],
)
def test_a_worker_refuses_to_start_with_a_file_that_it_cannot_use(nets, tmp_path, source, why):
    file = tmp_path / "nets.py" if source is None else nets(source)
    with pytest.raises(UsageError, match=why) as caught:
        load(file)
    assert "\n" not in str(caught.value)


def test_two_files_of_one_name(nets):
    with pytest.raises(UsageError, match=r"more\.py declares in-place, and there is an architecture of that name"):
        load(nets(IN_PLACE), nets(IN_PLACE, "more.py"))
