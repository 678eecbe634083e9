"""Predictions alone, from .npz and .csv files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.predictions_file import predictions_manifest, read_predictions

N, K = 6, 3


@pytest.fixture
def logits() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 4, (N, K)).astype(np.float32)


@pytest.fixture
def labels() -> np.ndarray:
    return np.array([0, 1, 2, 2, 1, 0])


def softmax(logits):
    powers = np.exp(logits.astype(np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


def npz(path, kind="auto", **arrays):
    np.savez(path / "told.npz", **arrays)
    return read_predictions(path / "told.npz", kind)


def csv(path, text, kind="auto"):
    (path / "told.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_predictions(path / "told.csv", kind)


# ---- .npz ----


@pytest.mark.parametrize("name", ["logits", "outputs", "scores", "predictions"])
def test_logits_are_kept_as_they_are(tmp_path, logits, labels, name):
    told = npz(tmp_path, **{name: logits}, labels=labels)
    assert told.kind == "logits"
    assert told.reason.startswith("Row 0 holds ")
    assert told.outputs.dtype == np.float32
    assert np.array_equal(told.outputs, logits)
    assert np.array_equal(told.labels, labels)
    assert told.class_names == ("0", "1", "2")
    assert told.images is None
    assert told.notes == ()


@pytest.mark.parametrize("name", ["logits", "probabilities", "probs", "outputs"])
def test_probabilities_are_known_whatever_they_are_called(tmp_path, logits, name):
    told = npz(tmp_path, **{name: softmax(logits).astype(np.float32)})
    assert told.kind == "probabilities"
    assert told.labels is None
    assert told.outputs.sum(axis=1) == pytest.approx(np.ones(N), abs=1e-6)


def test_what_the_caller_states_is_believed_where_it_can_be(tmp_path, logits):
    told = npz(tmp_path, "logits", outputs=softmax(logits))
    assert (told.kind, told.reason) == ("logits", "Stated to be logits.")
    told = npz(tmp_path, "probabilities", outputs=softmax(logits))
    assert (told.kind, told.reason) == ("probabilities", "Stated to be probabilities; every row sums to 1.")
    with pytest.raises(
        ValueError, match=r"^\S*told\.npz: the array 'logits' must be probabilities, .* row 0 holds .*\.$"
    ):
        npz(tmp_path, "probabilities", logits=logits)
    with pytest.raises(
        ValueError, match=r"^\S*told\.npz: the array 'probs' must be probabilities, .* row 0 holds .*\.$"
    ):
        npz(tmp_path, probs=logits)
    with pytest.raises(ValueError, match=r"^kind must be one of auto, logits, probabilities, not 'log'\.$"):
        npz(tmp_path, "log", logits=logits)


def test_images_and_names_come_along(tmp_path, logits, labels):
    pixels = np.random.default_rng(1).integers(0, 256, (N, 5, 4, 3), dtype=np.uint8)
    names = np.array(["<script>", "b", "c"])
    told = npz(tmp_path, logits=logits, images=pixels, labels=names[labels], class_names=names, features=logits)
    assert np.array_equal(told.images, pixels.transpose(0, 3, 1, 2))
    assert told.class_names == ("<script>", "b", "c")
    assert np.array_equal(told.labels, labels)
    assert told.notes == ("1 other arrays in the file were left out: features.",)


def test_names_taken_from_the_labels_are_said(tmp_path, logits, labels):
    told = npz(tmp_path, logits=logits, labels=np.array(["x", "z", "y"])[labels])
    assert told.class_names == ("x", "y", "z")
    assert told.labels.tolist() == [0, 2, 1, 1, 2, 0]
    assert told.notes[0].startswith("The outputs are taken to be in the sorted order")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"logits": None, "features": np.zeros(3)}, r"must hold an array logits or probabilities, but holds features"),
        ({"labels": np.arange(N - 1) % K}, r"'labels' must hold a label for each of 6 rows of outputs, not 5"),
        (
            {"labels": np.arange(N)},
            r"'labels' must lie in 0 to 2, as there are 3 classes, but the label of image 3 is 3 \(3 of 6 .*\)",
        ),
        ({"labels": np.array(list("abcdab"))}, r"'labels' names 4 classes, but there are 3 outputs an image: give .*"),
        ({"class_names": np.array(list("abcd"))}, r"has 3 outputs an image, but names 4 classes"),
        ({"class_names": np.array(["a", "b", "a"])}, r"must give each class a name of its own, not a, b, a"),
        ({"class_names": np.array([{}, {}, {}])}, r"'class_names' holds Python objects, which are not read, .*"),
        ({"logits": np.array([[None]])}, r"'logits' holds Python objects, which are not read, .*"),
        ({"logits": np.zeros((N, K, 1))}, r"'logits' must have the shape \(N, K\), .* not \(6, 3, 1\)"),
        ({"logits": np.full((N, K), np.nan)}, r"'logits' must be finite numbers, but row 0, column 0 is nan .*"),
        ({"images": np.zeros((5, 4, 4), np.uint8)}, r"'images' holds 5 images, but there are 6 outputs"),
        ({"images": np.full((N, 4, 4), np.nan)}, r"'images' holds NaN or infinite pixels in 6 of its images, .*"),
    ],
)
def test_odd_npz_files_are_refused_with_one_sentence(tmp_path, logits, arrays, sentence):
    arrays = {"logits": logits} | arrays
    with pytest.raises(ValueError, match=rf"^\S*told\.npz:? (the array )?{sentence}\.$"):
        npz(tmp_path, **{name: array for name, array in arrays.items() if array is not None})


def test_ten_outputs_do_not_fit_twelve_classes(tmp_path):
    outputs = np.random.default_rng(0).normal(0, 3, (40, 10))
    with pytest.raises(ValueError, match=r"has 10 outputs an image, but names 12 classes\.$"):
        npz(tmp_path, logits=outputs, class_names=np.array([f"class {k}" for k in range(12)]))
    with pytest.raises(
        ValueError, match=r"must lie in 0 to 9, as there are 10 classes, but the label of image 10 is 10 .*\.$"
    ):
        npz(tmp_path, logits=outputs, labels=np.arange(40) % 12)


def test_a_file_must_be_there_and_of_a_known_kind(tmp_path):
    for ask in (read_predictions, predictions_manifest):
        with pytest.raises(FileNotFoundError, match=r"^There is no file \S*x\.npz\.$"):
            ask(tmp_path / "x.npz")
        with pytest.raises(
            ValueError, match=r"^A file of predictions must be an \.npz or a \.csv file, not 'x\.pkl'\.$"
        ):
            ask(tmp_path / "x.pkl")
    (tmp_path / "x.npz").write_text("hello")
    with pytest.raises(ValueError, match=r"x\.npz is no \.npz file"):
        read_predictions(tmp_path / "x.npz")


def test_the_manifest_is_that_of_the_content(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n")
    (tmp_path / "b.CSV").write_text("1,2\n")
    (tmp_path / "c.csv").write_text("1,3\n")
    a, b, c = (predictions_manifest(tmp_path / name) for name in ("a.csv", "b.CSV", "c.csv"))
    assert a == b != c


# ---- .csv ----


@settings(max_examples=50)
@given(
    outputs=hnp.arrays(np.float64, (4, 3), elements=st.floats(-1e6, 1e6)),
    separator=st.sampled_from([",", ";", "\t", ", "]),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
)
def test_numbers_are_read_as_they_were_written(tmp_path_factory, outputs, separator, end, mark):
    lines = [separator.join(map(repr, row)) for row in outputs.tolist()]
    text = ("\ufeff" if mark else "") + end.join(lines) + end
    told = csv(tmp_path_factory.mktemp("csv"), text, "logits")
    assert np.array_equal(told.outputs, outputs)


@pytest.mark.parametrize(
    ("text", "names", "labels"),
    [
        ("1,5\n7,2\n", ("0", "1"), None),
        ("0,1\n1,5\n7,2\n", ("0", "1"), None),  # as pandas writes the columns of an array
        (",0,1\n0,1,5\n1,7,2\n", ("0", "1"), None),  # and their index
        ("cat,dog\n1,5\n7,2\n", ("cat", "dog"), None),
        ("cat,dog,label\n1,5,1\n7,2,0\n", ("cat", "dog"), [1, 0]),
        ("Label;cat;dog\n 1;1;5\n0;7;2\n\n", ("cat", "dog"), [1, 0]),
        ('"cat, wild",dog,target\n1,5,dog\n7,2,"cat, wild"\n', ("cat, wild", "dog"), [1, 0]),
        ("# cat,dog\n1,5\n7,2\n", ("cat", "dog"), None),  # as numpy.savetxt writes a head
        ("0,1,label\n1,5,1.0\n7,2,0.0\n", ("0", "1"), [1, 0]),
    ],
)
def test_heads_and_labels_are_found(tmp_path, text, names, labels):
    told = csv(tmp_path, text)
    assert told.outputs.tolist() == [[1, 5], [7, 2]]
    assert told.class_names == names
    assert (told.labels if labels is None else told.labels.tolist()) == labels
    assert bool(told.notes) == text.startswith(",")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"is empty"),
        ("\n\n", r"is empty"),
        ("a,b\n", r"holds no line of numbers"),
        ("label\n1\n", r"must have a column of numbers for each class, but has none"),
        ("a,label,label\n1,2,3\n", r"must have one column of labels, but has 2"),
        ("1,5\n7,oops\n", r": row 1 \(line 2\), column 1 must be a number, not 'oops'"),
        ("cat,dog\n1,5\n\n7,\n", r": row 1 \(line 4\), column 'dog' must be a number, not ''"),
        ("1.5,oops\n7,2\n", r": the first line must be numbers, or names of the columns, but holds 'oops' and '1\.5'"),
        ("1,5\n7,2,3\n", r": row 1 \(line 2\) has 3 cells, where the first line has 2"),
        ("1,5\n7,nan\n", r"must be finite numbers, but row 1, column 1 is nan .*"),
        ("1,5\n7,inf\n", r"must be finite numbers, but row 1, column 1 is inf .*"),
        ("1\n2\n", r"must have the shape \(N, K\), .* not \(2, 1\)"),
        (
            "cat,dog,label\n1,5,2\n7,2,0\n",
            r": the column of labels must lie in 0 to 1, .* the label of image 0 is 2 .*",
        ),
        (
            "cat,dog,label\n1,5,0.5\n7,2,0\n",
            r": the column of labels must be whole numbers, but the label of image 0 is 0\.5",
        ),
        ("cat,dog,label\n1,5,eel\n7,2,cat\n", r": the column of labels: label 0 is 'eel', which is not one of .*"),
        ("cat,cat\n1,5\n", r"must give each class a name of its own, not cat, cat"),
        ("0.5,0.5\n0.6,0.4\n0.7,0.4\n", r": 2 of 3 rows are probabilities, but row 2 sums to 1\.1; .*"),
        (b"cat,d\xe4n\n1,5\n", r"must be a text in UTF-8, but its byte 5 is none"),
        ("cat,dog,label\n1,2," + "x" * 2000, r"must have labels of at most 1,000 characters, not 2,000"),
        ("1,2\n" + "1" * 200_000, r"cannot be read as a table \(field larger than field limit \(131072\)\)"),
    ],
)
def test_odd_csv_files_are_refused_with_one_sentence(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=rf"^\S*told\.csv ?{sentence}\.$"):
        csv(tmp_path, text)


def test_ten_thousand_lines_are_read(tmp_path):
    outputs = np.random.default_rng(0).normal(0, 4, (10_000, 10))
    np.savetxt(
        tmp_path / "told.csv", np.c_[outputs, np.arange(10_000) % 10], "%.9g", ",", header="0,1,2,3,4,5,6,7,8,9,label"
    )
    told = read_predictions(tmp_path / "told.csv")
    np.testing.assert_allclose(told.outputs, outputs, rtol=1e-8)
    assert told.kind == "logits"
    assert np.array_equal(told.labels, np.arange(10_000) % 10)
