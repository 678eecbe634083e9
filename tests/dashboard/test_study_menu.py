"""The menu of the study: what it can do, a copy with other settings, its file."""

import pytest

from dashboard.abilities import Need
from dashboard.links import study_data
from dashboard.study_menu import abilities
from dashboard.views import VIEWS
from workers.study_file import StudyFile


@pytest.fixture
def study(digits):
    return study_data(digits.study)


def test_what_it_can_do_is_told_by_need_and_by_view(page, study):
    told = page.ask("study-abilities.opened", "study-can.n_clicks", study_can__n_clicks=1, study__data=study)
    assert told["study-abilities"]["opened"] is True
    said = str(told["study-abilities"]["children"])
    for words in ("It has", "Convolutional layers", "Teacher view", "Confusion matrix", "none has been trained for it"):
        assert words in said


def test_what_is_missing_says_why():
    matrix = str(abilities({Need.LABELS: "the file of predictions holds no labels"})[1])
    assert "'no, as the file of predictions holds no labels'" in matrix
    assert matrix.count("className='yes'") == len(VIEWS[0].parts) - 1


def test_a_copy_is_asked_of_the_form(page, study):
    told = page.ask("new-duplicate.data", "study-copy.n_clicks", study_copy__n_clicks=1, study__data=study)
    assert told["new-duplicate"]["data"]["study"] == study["id"]


def test_the_file_that_is_saved_is_the_same_study(page, study, digits, tmp_path):
    told = page.ask("download.data", "study-save.n_clicks", study_save__n_clicks=1, study__data=study)
    (tmp_path / "study.toml").write_text(told["download"]["data"]["content"])
    file = StudyFile(tmp_path / "study.toml")
    assert file.title == digits.study.title
    assert {role: spec.key for role, spec in file.specs(lambda params: {}).items()} == dict(digits.study.keys)


def test_without_a_study_there_is_nothing_to_tell(page):
    told = page.ask("study-abilities.opened", "study-can.n_clicks", study_can__n_clicks=1)
    assert told["study-abilities"]["opened"] is False
    assert page.ask("download.data", "study-save.n_clicks", study_save__n_clicks=1) == {}
