"""A study file on the command line: checked before anything runs, and begun."""

import pytest

import app
from models.sources import SOURCES
from workers.settings import UsageError
from workers.study_file import StudyFile


@pytest.fixture
def write(tmp_path):
    """The path of a study file with this text, beside a file of predictions."""
    (tmp_path / "answers.csv").write_text("cat,dog,label\n0.9,0.1,cat\n0.2,0.8,cat\n")

    def write(text: str):
        (tmp_path / "study.toml").write_text(text)
        return tmp_path / "study.toml"

    return write


def lines_of(capsys) -> dict[str, str]:
    """What was printed, by the name that each line begins with."""
    lines = [line.split("  ", 1) for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    return {name.strip(): told.strip() for name, told in (line[1].split("  ", 1) for line in lines)}


def test_a_study_of_a_teacher_can_do_all_but_what_comes_later(write, capsys):
    app.main(["check", str(write('[teacher]\narchitecture = "lenet"\nepochs = 2'))])
    told = lines_of(capsys)
    assert told.pop("a VAE") == "no, as none has been trained for it"
    waiting = {"Latent axes", "Moved image", "Neighbours", "Morph", "Counterfactual"}  # for a VAE
    waiting |= {"Student", "Tree", "History", "Two classes", "Selection", "Re-labels"}
    assert {told.pop(part) for part in waiting} == {"no, as none has been trained for it"}
    assert set(told.values()) == {"yes"}
    assert {"images", "convolutional layers", "Confusion matrix", "Earlier epochs"} <= set(told)


def test_predictions_alone_cannot_do_what_needs_a_model(write, capsys):
    app.main(["check", str(write('[predictions]\npath = "answers.csv"'))])
    told = lines_of(capsys)
    assert told["images"] == "no, as the file of predictions holds no images"
    assert (told["labels"], told["Confusion matrix"], told["Map"]) == ("yes", "yes", "yes")
    assert told["Training"] == told["gradients"]
    assert told["gradients"] == "no, as the study is predictions alone, without the model that made them"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "check takes the file of one study"),
        (["a.toml", "b.toml"], "check takes the file of one study"),
        (["--port"], "check takes the file of one study"),
        (["none.toml"], "none.toml cannot be read"),
    ],
)
def test_what_cannot_be_checked_is_one_sentence_and_exit_code_2(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        app.main(["check", *arguments])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_what_a_file_names_is_looked_at(write, capsys):
    (write("").parent / "answers.csv").write_text("cat,dog\n0.9,oops\n")
    with pytest.raises(SystemExit):
        app.main(["check", str(write('[predictions]\npath = "answers.csv"'))])
    assert "must be a number, not 'oops'" in capsys.readouterr().err


def test_a_start_with_a_file_begins_its_study_or_says_why_not(write, digits, capsys):
    """With real workers, which look at what the file names."""
    app.begin(digits.engine, StudyFile(write('title = "Pets"\n[predictions]\npath = "answers.csv"')))
    study = next(known for known in digits.engine.studies.all() if known.title == "Pets")
    assert f"?study={study.id}" in capsys.readouterr().out
    assert digits.engine.jobs.get(study.keys["predictions"]).kind == "given"
    digits.engine.studies.delete(study.id)
    app.begin(digits.engine, StudyFile(write('[predictions]\npath = "missing.csv"')))
    assert "There is no file" in capsys.readouterr().err


def test_every_image_source_can_be_named_in_a_file(write):
    """The kinds that are named when one is wrong are those there are."""
    with pytest.raises(UsageError) as told:
        StudyFile(write('[images]\nkind = "none"')).specs(lambda params: {})
    assert all(f"'{kind}'" in str(told.value) for kind in SOURCES)
