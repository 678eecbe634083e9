"""The settings of students: presets, what an address says of them, which band a student learns in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.student.asked import asked_of, band_words, title_of, width_of
from dashboard.student.settings import (
    DEFAULTS,
    FIELDS,
    PRESETS,
    differing,
    key_in_address,
    preset_of,
    read_address,
    short,
    written,
)
from workers.student_params import DistilParams, StudentParams

SOURCE = {"id": "here", "number": 7}
SPANS = np.array([2.0, 4.0])


def settings(**changed):
    return DistilParams(**changed).model_dump()


def test_every_setting_has_a_field():
    assert set(FIELDS) == set(DistilParams.model_fields)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0.01, 1000),
            "epochs": st.integers(1, 1000),
            "residual": st.booleans(),
            "optimizer": st.sampled_from(["adam", "lbfgs", "momentum", "gradient-descent"]),
            "l2": st.floats(0, 100),
            "seed": st.integers(0, 2**32 - 1),
        },
    )
)
def test_what_stands_in_an_address_is_read_again(changed):
    asked = settings(**changed)
    given_, words = read_address(written(asked))
    assert words == ""
    assert DEFAULTS | given_ == asked


def test_an_address_names_what_is_unusual_only_and_the_student():
    assert written(settings()) == ""
    assert (
        written(settings(temperature=4.0, residual=False), "abcdef0123456") == "residual:0,temperature:4,key:abcdef01"
    )
    assert key_in_address("temperature:4,key:abcdef01") == "abcdef01"
    assert key_in_address("temperature:4") is None
    assert read_address("key:abcdef01") == ({}, "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("temperature:0", "In this address, of the student: Temperature must be greater than 0."),
        ("epochs:many", "In this address, of the student: Epochs must be a whole number."),
        ("warmth:3", "In this address, of the student: there is no setting warmth."),
    ],
)
def test_what_is_wrong_in_an_address_is_told_and_the_rest_is_taken(text, told):
    assert read_address(f"{text},batch_size:64") == ({"batch_size": 64}, told)


def test_presets_are_known_again_whatever_the_seed():
    for name, held in PRESETS.items():
        assert preset_of(settings(**held, seed=5), {}) == name
    own = {"Mine": {"temperature": 3.0}}
    assert preset_of(settings(temperature=3.0), own) == "Mine"
    assert preset_of(settings(temperature=3.0), {}) is None
    assert differing(settings(temperature=3.0, seed=2)) == {"temperature": 3.0, "seed": 2}


def test_titles_say_what_is_unusual():
    assert title_of(StudentParams(number=1)) == "usual settings"
    asked = StudentParams(number=1, temperature=4, residual=False, centre=(0.0,), widths=((1.0, 1.0),))
    assert title_of(asked) == "no residual, T = 4, moved line, own band"
    assert short(settings(optimizer="lbfgs", init="random")) == "lbfgs, random start"


# ---- which neighbours ----


def band(below, above, of="here"):
    return {"of": of, "below": below, "above": above}


def test_a_band_of_one_width_is_asked_for_by_that():
    asked = asked_of(SOURCE, None, band([0.2, 0.4], [0.2, 0.4]), DistilParams(), SPANS)
    assert (asked.width, asked.widths, asked.centre, asked.number) == (20.0, None, None, 7)


def test_a_band_that_was_drawn_is_asked_for_as_it_is():
    line = {"of": "here", "values": [0.5, 1.0]}
    asked = asked_of(SOURCE, line, band([0.2, 0.4], [0.3, 0.4]), DistilParams(), SPANS)
    assert asked.widths == ((0.2, 0.3), (0.4, 0.4))
    assert asked.centre == (0.5, 1.0)
    assert band_words(SOURCE, line, band([0.2, 0.4], [0.3, 0.4]), SPANS) == (
        "about the moved line in the band drawn on the latent axes"
    )


def test_line_and_band_of_another_image_are_none_of_this():
    line = {"of": "there", "values": [0.5, 1.0]}
    asked = asked_of(SOURCE, line, band([1, 1], [1, 1], "there"), DistilParams(width=30), SPANS)
    assert asked == StudentParams(number=7, width=30)
    assert band_words(SOURCE, line, band([1, 1], [1, 1], "there"), SPANS) == ""


def test_an_axis_that_never_changes_says_nothing_of_a_width():
    assert width_of(np.array([[0.2, 0.2], [0, 0]]), np.array([2.0, 0.0])) == 20.0
    assert width_of(np.array([[0.0, 0.0]]), np.array([0.0])) is None
