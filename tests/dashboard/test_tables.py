"""What can be taken along as CSV is what the arrays say."""

import csv
import io

import numpy as np
import pytest

from dashboard.components.tables import file_name, to_csv
from dashboard.measures import pack_bits
from dashboard.teacher.tables import matrix_table, selection_table, training_table

SPLITS = ["train", "test"]


def read(text):
    header, *rows = csv.reader(io.StringIO(text))
    return header, rows


@pytest.fixture
def arrays(digits):
    keys, results = digits.study.keys, digits.engine.results
    role = {"labels": "images", "train_loss": "teacher", "test_accuracy": "teacher", "seconds": "teacher"}
    return lambda name: results.array(keys[role.get(name, "predictions")], name)


@pytest.mark.parametrize("split", SPLITS)
def test_the_matrix(digits, arrays, split):
    header, rows = read(matrix_table(digits.engine, digits.study.keys, split))
    assert header == ["true \\ predicted", *"0123456789"]
    assert [row[0] for row in rows] == list("0123456789")
    counts = np.array([row[1:] for row in rows], int)
    assert (counts == arrays(f"confusion_{split}")).all()
    assert counts.sum() == {"train": 1438, "test": 359}[split]


def test_the_training_record(digits, arrays):
    header, rows = read(training_table(digits.engine, digits.study.keys))
    assert header == ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds"]
    assert [row[0] for row in rows] == ["0", "1", "2", "3"]
    for name in ("train_loss", "test_accuracy", "seconds"):
        assert np.array_equal([float(row[header.index(name)]) for row in rows], arrays(name).astype(float))


def check_rows(header, rows, arrays, ids):
    measures = ["confidence", "entropy", "margin"]
    assert header == ["image", "split", "true", "predicted", *measures, *(f"p({name})" for name in range(10))]
    assert [int(row[0]) for row in rows] == ids
    for row in rows:
        image = int(row[0])
        assert row[1] == ("train" if image < 1438 else "test")
        assert (int(row[2]), int(row[3])) == (arrays("labels")[image], arrays("predicted")[image])
        assert np.array_equal(np.array(row[4:7], np.float32), [arrays(name)[image] for name in measures])
        assert np.array_equal(np.array(row[7:], np.float32), arrays("probabilities")[image])


@pytest.mark.parametrize(("split", "ids"), [("train", range(1438)), ("test", range(1438, 1797))])
def test_without_a_selection_all_images_of_the_split(digits, arrays, split, ids):
    check_rows(*read(selection_table(digits.engine, digits.study.keys, None, split)), arrays, list(ids))


def test_the_selected_images_of_whatever_split(digits, arrays):
    ids = [0, 7, 1437, 1438, 1796]
    mask = np.zeros(1797, bool)
    mask[ids] = True
    selection = {"images": digits.study.keys["images"], "bits": pack_bits(mask)}
    table = selection_table(digits.engine, digits.study.keys, selection, "train")
    check_rows(*read(table), arrays, ids)


def test_names_with_commas_and_quotes_survive():
    assert read(to_csv(["a"], [['cat, "black"']])) == (["a"], [['cat, "black"']])


@pytest.mark.parametrize(
    ("label", "name"),
    [("../x", "ids-x"), ("4 → 9, all", "ids-4-9-all"), ("···", "ids-selection"), ("<b>", "ids-b")],
)
def test_names_of_files_are_plain(label, name):
    assert file_name("ids", label) == name
