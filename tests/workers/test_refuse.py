"""A rule on the command line: what it answers of a file of predictions, and bad input."""

import csv

import numpy as np
import pytest

import app
from models.confidence import CONFIDENCES
from models.darksight import DarkSight
from models.refusal import RefusalRule, apply_rule, fit_measures
from models.teacher import softmax

GENERATOR = np.random.default_rng(0)
USUAL = GENERATOR.dirichlet([0.2, 0.2, 0.2], 120).astype(np.float32)
LOGITS = GENERATOR.normal(0, 2, (80, 3)).astype(np.float32)
NEW = softmax(LOGITS).astype(np.float32)
LABELS = np.where(GENERATOR.random(80) < 0.8, NEW.argmax(axis=1), 0)
NAMES = ("cat", "dog", "eel")


@pytest.fixture(scope="module")
def fitted():
    return DarkSight(n_init=1, max_iter=5, random_state=0, device="cpu").fit(USUAL)


@pytest.fixture
def folder(tmp_path, monkeypatch, fitted):
    """Here: new predictions with labels and without, a map, and what it was learned from."""
    monkeypatch.chdir(tmp_path)
    np.savez("new.npz", logits=LOGITS, labels=LABELS, class_names=np.array(NAMES))
    np.savez("two.npz", probabilities=np.eye(2))
    np.savez("usual.npz", probabilities=USUAL)
    rows = [",".join(map(repr, row.tolist())) for row in NEW.astype(float)]
    (tmp_path / "bare.csv").write_text("\n".join([",".join(NAMES), *rows]))
    (tmp_path / "map.safetensors").write_bytes(fitted.to_bytes())
    write_rule(RefusalRule(least={"entropy": -0.6}))
    return tmp_path


def write_rule(rule, name="rule.json"):
    with open(name, "w") as file:
        file.write(rule.to_json())


def rows_of(path):
    with open(path) as file:
        return list(csv.reader(file))


def test_a_threshold_answers_those_that_score_as_much(folder, capsys):
    app.main(["refuse", "rule.json", "new.npz"])
    score = CONFIDENCES["entropy"].make(3, 0).score_samples(NEW)
    kept, correct = score >= -0.6, NEW.argmax(axis=1) == LABELS
    told = capsys.readouterr().out
    assert told.startswith(f"rule.json keeps {kept.sum()} of 80 predictions (")
    assert f"of which {100 * correct[kept].mean():.1f}% are right (95% interval " in told
    assert told.endswith("new-answered.csv says which.\n")
    header, *rows = rows_of("new-answered.csv")
    assert header == ["id", "predicted", "answered", "score"]
    assert [row[:3] for row in rows] == [
        [str(number), NAMES[NEW[number].argmax()], str(int(kept[number]))] for number in range(80)
    ]
    assert [float(row[3]) for row in rows] == score.tolist()
    # A score that equals its threshold is answered, as on the page.
    write_rule(RefusalRule(least={"entropy": float(np.sort(score)[40])}))
    app.main(["refuse", "rule.json", "new.npz", "--out", "some.csv"])
    assert sum(row[2] == "1" for row in rows_of("some.csv")) == 40


def test_without_labels_nothing_is_said_of_what_is_right(folder, capsys):
    app.main(["refuse", "rule.json", "bare.csv"])
    assert "right" not in capsys.readouterr().out
    assert len(rows_of("bare-answered.csv")) == 81


def test_a_rule_of_a_map_places_the_predictions_there(folder, fitted, capsys):
    (left, bottom), (_, top) = fitted.embedding_.min(axis=0), fitted.embedding_.max(axis=0)
    middle = float(np.median(fitted.embedding_[:, 0]))
    region = [[left - 9, bottom - 9], [middle, bottom - 9], [middle, top + 9], [left - 9, top + 9]]
    measures = fit_measures(RefusalRule(least={"map-kde": 0, "kde": 0}), USUAL, fitted.embedding_)
    scores = {
        "map-kde": measures["map-kde"].score_samples(fitted.transform(NEW)),
        "kde": measures["kde"].score_samples(NEW),
    }
    rule = RefusalRule([region], {name: float(np.quantile(score, 0.2)) for name, score in scores.items()})
    write_rule(rule)
    app.main(["refuse", "rule.json", "new.npz", "--map", "map.safetensors", "--set-on", "usual.npz"])
    refused = apply_rule(rule, fitted, NEW, measures)
    assert 0 < refused.sum() < 80
    header, *rows = rows_of("new-answered.csv")
    assert header == ["id", "predicted", "answered", "score(map-kde)", "score(kde)"]
    assert [row[2] for row in rows] == [str(int(not each)) for each in refused]
    # What only the map is asked needs nothing else.
    write_rule(RefusalRule([region], {"map-kde": -6.0}))
    app.main(["refuse", "rule.json", "new.npz", "--map", "map.safetensors"])
    capsys.readouterr()


MAP, SET_ON = ["--map", "map.safetensors"], ["--set-on", "usual.npz"]


@pytest.mark.parametrize(
    ("least", "arguments", "said"),
    [
        ({}, [], "refuse takes a rule and a file of predictions, as in: app.py refuse rule.json new.npz; "),
        ({}, ["rule.json", "new.npz", "--colour"], "unrecognized arguments: --colour"),
        ({}, ["none.json", "new.npz"], "none.json cannot be read: No such file or directory"),
        ({}, ["new.npz", "new.npz"], "new.npz must be a refusal rule as JSON, and is no text file"),
        ({}, ["bare.csv", "new.npz"], "a refusal rule must be JSON, but it cannot be read"),
        ({}, ["rule.json", "none.npz"], "none.npz"),
        ({}, ["rule.json", "rule.json"], ".npz"),
        ({}, ["rule.json", "new.npz", "--out", "rule.json"], "--out must name another file than those that are read"),
        ({}, ["rule.json", "new.npz", "--out", "no/such.csv"], "no/such.csv cannot be written: No such file"),
        ({"map-kde": 0}, ["rule.json", "new.npz"], "name that map with --map, a file that Export"),
        ({"map-kde": 0}, ["rule.json", "new.npz", "--map", "usual.npz"], "usual.npz must be a fitted map, as Export"),
        (
            {"map-kde": 0},
            ["rule.json", "two.npz", *MAP],
            "two.npz must have 3 classes, as map.safetensors has, and has 2",
        ),
        ({"kde": 0}, ["rule.json", "new.npz"], "threshold on 'kde', which learns what is usual: name the predictions"),
        ({"kde": 0}, ["rule.json", "two.npz", *SET_ON], "two.npz must have 3 classes, as usual.npz has, and has 2"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_and_exit_code_2(folder, capsys, least, arguments, said):
    write_rule(RefusalRule(least=least))
    with pytest.raises(SystemExit) as ended:
        app.main(["refuse", *arguments])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert error.rstrip().endswith(".")
