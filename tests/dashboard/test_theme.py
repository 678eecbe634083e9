"""One colour a class."""

import re

import pytest

from dashboard.theme import TEN_CLASSES, blank_figure, class_colours


@pytest.mark.parametrize("n_classes", [1, 2, 10, 11, 43, 100, 1000])
def test_classes_have_colours_of_their_own(n_classes):
    colours = class_colours(n_classes)
    assert len(colours) == n_classes
    assert len(set(colours)) == n_classes
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_up_to_ten_a_class_keeps_its_colour():
    for n_classes in range(1, 11):
        assert class_colours(n_classes) == list(TEN_CLASSES[:n_classes])


def test_figures_are_transparent():
    figure = blank_figure()
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
