"""Labels as people store them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import read_class_names, read_labels


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=30),
    st.sampled_from(["u1", "i2", ">i4", "i8", "u8", "f4", ">f8"]),
    st.booleans(),
)
def test_numbers_of_any_type_are_the_same_labels(labels, dtype, column):
    stored = np.array(labels).astype(dtype)
    read, names = read_labels(stored[:, np.newaxis] if column else stored, None, "x")
    assert read.dtype == np.int64
    assert read.tolist() == labels
    assert names == tuple(str(label) for label in range(max(labels) + 1))


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1), min_size=1))
def test_texts_are_found_again(texts):
    read, names = read_labels(np.array(texts), None, "x")
    assert list(names) == sorted(set(texts))
    assert [names[label] for label in read] == texts
    again, _ = read_labels(np.array(texts), names[::-1], "x")
    assert [names[::-1][label] for label in again] == texts


def test_class_names_are_texts():
    assert read_class_names(np.array(["ä", "b"]), "x") == ("ä", "b")
    assert read_class_names(np.array(["ä".encode(), b"b"]), "x") == ("ä", "b")
    with pytest.raises(ValueError, match=r"^x must be texts in UTF-8, but b'\\xe4' is none\.$"):
        read_class_names(np.array([b"\xe4"]), "x")


@pytest.mark.parametrize(
    ("values", "names", "sentence"),
    [
        (
            np.array([0, 255], np.uint8),
            ("a", "b"),
            r"x must lie in 0 to 1, .* image 1 is 255 \(1 of 2 are outside\)",
        ),
        (
            np.array([10**9]),
            None,
            r"x must lie in 0 to 99,999, the most classes there may be, but the label of image 0 is .*",
        ),
        (np.array([2.0, 2.5]), None, r"x must be whole numbers, but the label of image 1 is 2\.5"),
        (np.array([True]), None, r"x must be whole numbers or texts, not bool"),
        (np.array(["a"]), ("b", "c"), r"x: label 0 is 'a', which is not one of the 2 class names"),
    ],
)
def test_odd_labels_are_refused_with_one_sentence(values, names, sentence):
    with pytest.raises(ValueError, match=rf"^{sentence}\.$"):
        read_labels(values, names, "x")
