"""A study as a file: what it asks for, and what is said of one that is wrong."""

import re
from pathlib import Path

import pytest

from workers.settings import UsageError
from workers.studies import digits_study, given_study, id_of
from workers.study_file import StudyFile, as_text

HASH = "a" * 64
FOUND = {
    "folder": {"manifest": HASH, "count": 40, "class_names": ["cat", "dog"]},
    "npz": {"manifest": HASH, "count": 30, "class_names": ["a", "b"]},
    "weights": {"manifest": "b" * 64, "tensors": 4},
    "predictions": {
        "manifest": HASH,
        "count": 5,
        "n_classes": 3,
        "has_labels": True,
        "has_images": False,
        "has_logits": False,
        "notes": [],
    },
}


class Look:
    """Finds the same everywhere, and remembers where it was asked to look."""

    def __init__(self):
        self.asked = []

    def __call__(self, params):
        self.asked.append(params)
        if "missing" in params["path"]:
            raise FileNotFoundError(f"There is no file {params['path']}.")
        return FOUND[params["what"]]


@pytest.fixture
def read(tmp_path):
    """Title, jobs and looks of a study file with this text."""

    def read(text: str):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        look = Look()
        file = StudyFile(path)
        return file.title, file.specs(look), look.asked

    return read


def test_an_empty_file_is_the_digits_study_under_the_files_name(read):
    title, specs, asked = read("")
    assert title == "mine"
    assert id_of(specs) == id_of(digits_study())
    assert asked == []


def test_settings_reach_the_jobs(read):
    _, specs, _ = read('[images]\nkind = "digits"\nseed = 4\n[teacher]\nepochs = 3\noptimizer = "sgd"')
    wanted = digits_study(images={"seed": 4}, teacher={"epochs": 3, "optimizer": "sgd"})
    assert {role: spec.key for role, spec in specs.items()} == {role: spec.key for role, spec in wanted.items()}


def test_places_are_seen_from_the_file_and_no_part_of_the_question(read, tmp_path):
    text = (
        'title = " Signs "\n[images]\nkind = "folder"\npath = "{}"\nsize = 32\n[teacher]\narchitecture = "resnet-20"\n'
        'weights = "net.pt"\nnormalisation = "imagenet"\nepochs = 0'
    )
    title, specs, asked = read(text.format("pictures"))
    assert title == "Signs"
    assert asked == [
        {"what": "folder", "path": str(tmp_path / "pictures"), "size": 32},
        {"what": "weights", "path": str(tmp_path / "net.pt")},
    ]
    assert specs["images"].place == str(tmp_path / "pictures")
    assert specs["teacher"].place == str(tmp_path / "net.pt")
    assert specs["teacher"].params.weights.normalisation == "imagenet"
    elsewhere = read(text.format("/elsewhere/pictures"))[1]
    assert elsewhere["images"].place == str(Path("/elsewhere/pictures"))
    assert id_of(elsewhere) == id_of(specs)


def test_predictions_alone(read, tmp_path):
    _, specs, asked = read('[predictions]\npath = "answers.csv"\noutputs = "probabilities"')
    place = str(tmp_path / "answers.csv")
    assert asked == [{"what": "predictions", "path": place, "outputs": "probabilities"}]
    facts = {name: value for name, value in FOUND["predictions"].items() if name != "notes"}
    assert id_of(specs) == id_of(given_study(facts | {"outputs": "probabilities"}, place))
    assert specs["predictions"].place == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[images]\nkind = "mnist"\n[teacher]\nepochs = 4\npatience = 2\ndropout = 0.1\nflip = true',
        '[images]\nkind = "npz"\npath = "a.npz"\nlayout = "NCHW"\n[teacher]\nlearning_rate = 1e-5',
        '[images]\nkind = "folder"\npath = "a"\n[teacher]\nweights = "net.pt"\nnormalisation = "none"\nepochs = 0',
        '[predictions]\npath = "answers.csv"\noutputs = "probabilities"',
    ],
)
@pytest.mark.parametrize("title", ["Signs", 'a "b" \\ \t ü 图 \x7f'])
def test_what_is_saved_is_the_same_study(read, tmp_path, text, title):
    _, specs, _ = read(text)
    asked = {role: (spec.kind, spec.params.model_dump(mode="json"), spec.place) for role, spec in specs.items()}
    again, same, _ = read(as_text(title, asked))
    assert again == title.strip()
    assert {role: spec.key for role, spec in same.items()} == {role: spec.key for role, spec in specs.items()}
    assert {role: spec.place for role, spec in same.items()} == {role: spec.place for role, spec in specs.items()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", r"is not TOML: Invalid value"),
        ("title = 3", r"title must be a text, not 3\."),
        ("[image]", r"there is no table \[image\]; there are title, \[images\], \[teacher\], \[predictions\]\."),
        ("images = 3", r"\[images\] must be a table, not 3\."),
        ("[predictions]\n[teacher]", r"\[predictions\] stands alone"),
        ("[predictions]", r'\[predictions\] must name a place, path = "\.\.\."\.'),
        ('[images]\nkind = "folder"', r'\[images\] must name a place, path = "\.\.\."\.'),
        ('[images]\nkind = "npz"\npath = "missing.npz"', r"There is no file .*missing\.npz\."),
        ('[images]\nkind = "dgits"', r"kind of \[images\] must be one of 'digits', 'mnist', .*, not 'dgits'\."),
        ("[images]", r"kind of \[images\] must be one of digits, mnist, .*, not 'left out'\."),
        ('[images]\nkind = "digits"\ntest_fraction = 3', r"test_fraction = 3: input should be less than 1\."),
        ("[teacher]\nepochs = -1", r"epochs = -1: input should be greater than or equal to 0\."),
        ("[teacher]\nepoch = 3", r"epoch = 3: extra inputs are not permitted\."),
        ("[teacher]\nweights = 3", r'\[teacher\] must name a place, weights = "\.\.\."\.'),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_the_file(read, text, said):
    with pytest.raises(UsageError, match=r"mine\.toml.*" + said) as caught:
        read(text)
    assert "\n" not in re.sub(r"\s+$", "", str(caught.value))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml cannot be read: no such file or directory\."):
        StudyFile(tmp_path / "none.toml")
