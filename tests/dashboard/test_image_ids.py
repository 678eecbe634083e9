"""Image numbers: typed, read from files, written and read again."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.image_ids import Read, as_csv, as_json, read_ids, typed, unknown_words

KEY = "a" * 64


def ids(mask):
    return np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(("text", "found"), [
    ("12", [12]),
    ("12, 40-43", [12, 40, 41, 42, 43]),
    (" 3;2  2\n1 ", [1, 2, 3]),
    ("7 – 9", [7, 8, 9]),
    ("49-49", [49]),
])  # fmt: skip
def test_what_is_typed_is_understood(text, found):
    mask = typed(text, 50)
    assert (len(mask), ids(mask)) == (50, found)


@pytest.mark.parametrize(("text", "told"), [
    ("", "type a number such as 12, or several: 12, 40-50"),
    (" , ", "type a number such as 12, or several: 12, 40-50"),
    ("10000", "image 10,000 does not exist; there are 0 to 9,999"),
    ("3, 9990-123456789", "image 123,456,789 does not exist; there are 0 to 9,999"),
    ("1234567890", "1234567890 is no image number; 12 is one, and 40-50 are several"),
    ("1, cat", "cat is no image number; 12 is one, and 40-50 are several"),
    ("-4", "-4 is no image number; 12 is one, and 40-50 are several"),
    ("1.5", "1.5 is no image number; 12 is one, and 40-50 are several"),
    ("٣", "٣ is no image number; 12 is one, and 40-50 are several"),
    ("50-40", "50-40 goes backwards; type 40-50"),
    ("x" * 99, "x" * 19 + "… is no image number; 12 is one, and 40-50 are several"),
])  # fmt: skip
def test_what_is_typed_wrong_is_named(text, told):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (the whole sentence is compared)
        typed(text, 10_000)
    assert str(raised.value) == told


@pytest.mark.parametrize(("text", "found"), [
    ("[3, 1, 1]", [1, 3]),
    (f'\n{{"images": "{KEY}", "ids": [2], "note": "mine"}}', [2]),
    ("image\n5\n4\n", [4, 5]),
    ("\ufeffid,split\r\n5,test\r\n", [5]),
    ('split,true,Image\ntest,"a, b",7\n\ntest,"c\nd",8\n', [7, 8]),
    ("5\n6-8, 9\n\n", [5, 6, 7, 8, 9]),
    ("[]", []),
    ("image\n", []),
])  # fmt: skip
def test_files_are_read(text, found):
    assert ids(read_ids(text).mask(10)) == found


@pytest.mark.parametrize(("text", "told"), [
    ("", "there are no image numbers in it"),
    (" \n\n", "there are no image numbers in it"),
    ("1\n\n2x", "line 3: 2x is no image number; 12 is one, and 40-50 are several"),
    ("12,0.5", "line 1: 0.5 is no image number; 12 is one, and 40-50 are several"),
    ("name,score\na,1", "line 1 names no column image or id, and is no image number"),
    ("id,true\n3,cat\nfour,dog", "line 3: four is no image number"),
    ("true,id\ncat", "line 2: nothing is no image number"),
    ('id\n"' + "1" * 200_000, "line 2 is no line of a table: field larger than field limit"),
    ("[1,\n2,\n]", "line 3 is no JSON: "),
    ('{"numbers": [1]}', 'it holds no list named "ids"'),
    ('{"ids": 3}', 'it holds no list named "ids"'),
    ('{"ids": [1], "images": 3}', 'its "images" is no name of an image set'),
    ("[1, 2.5]", "number 2 of its list, 2.5, is no image number"),
    ("[true]", "number 1 of its list, true, is no image number"),
    ("[1, -2]", "number 2 of its list, -2, is no image number"),
    ('["3"]', 'number 1 of its list, "3", is no image number'),
    ("[" * 100_000, "it is JSON of lists within lists; a list of image numbers is wanted"),
])  # fmt: skip
def test_bad_files_are_told_of_in_a_sentence(text, told):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (the whole sentence is compared)
        read_ids(text)
    assert str(raised.value).startswith(told)


@given(st.sets(st.integers(0, 999)), st.booleans())
def test_what_is_written_is_read_again(numbers, by_outcome):
    read = read_ids(as_json(KEY, sorted(numbers), by_outcome=by_outcome))
    assert (set(ids(read.mask(1000))), read.images, read.by_outcome) == (numbers, KEY, by_outcome)
    assert set(ids(read_ids(as_csv(sorted(numbers))).mask(1000))) == numbers


def test_the_file_is_what_others_expect():
    assert json.loads(as_json(KEY, [1, 2], by_outcome=False)) == {"images": KEY, "ids": [1, 2]}
    assert as_csv([1, 2]) == "image\n1\n2\n"


RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda two: (two[0], two[0] + two[1])))


@given(RANGES, st.integers(1, 50))
def test_unknown_numbers_are_counted_once_and_the_lowest_named(ranges, count):
    different = {number for first, last in ranges for number in range(first, last + 1)}
    unknown = sorted(number for number in different if number >= count)
    assert Read(ranges).unknown(count) == (len(unknown), unknown[:5])
    assert ids(Read(ranges).mask(count)) == sorted(different - set(unknown))


def test_a_great_range_of_unknown_numbers_takes_no_time():
    assert Read([(0, 999_999_999)]).unknown(10) == (999_999_990, [10, 11, 12, 13, 14])


@pytest.mark.parametrize(("numbers", "told"), [
    ([3], ""),
    ([3, 1797], "1 number is no image of this set, which has 0 to 1,796: 1,797."),
    (range(1795, 1803), "6 numbers are no images of this set, which has 0 to 1,796: 1,797, 1,798, 1,799, 1,800, 1,801, …."),
])  # fmt: skip
def test_unknown_numbers_are_told(numbers, told):
    assert unknown_words(Read([(number, number) for number in numbers]), 1797) == told
