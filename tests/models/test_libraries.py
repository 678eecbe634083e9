"""Libraries of a net's layers: thresholds by size, in as much memory as is allowed, and what they say together."""

import numpy as np
import pytest

from models.hypercube import Hypercube, Layer
from models.libraries import Libraries, LibrarySettings, usual_layers, usual_top
from models.library import LibraryNetwork
from models.library_measures import consistency
from models.library_thresholds import threshold_for
from models.teacher import Teacher

WIDTH = 50 * 8 * 8  # of conv2, the widest layer looked at


@pytest.fixture(scope="module")
def rows():
    return np.abs(np.random.default_rng(0).normal(size=(1200, 12))).astype(np.float32)


@pytest.mark.parametrize("size", [5, 40, 200])
def test_a_threshold_gives_a_library_of_a_size(rows, size):
    threshold = threshold_for(lambda: [rows[:700], rows[700:]], size)
    found = LibraryNetwork(threshold).partial_fit(rows).size_
    assert 0.9 * size - 1 <= found <= size


def test_a_size_that_is_out_of_reach_has_the_most_there_is():
    same = np.repeat(np.eye(3, 5), 20, axis=0)
    assert LibraryNetwork(threshold_for(lambda: [same], 30)).partial_fit(same).size_ == 3
    with pytest.raises(ValueError, match="size must be 1 or more, not 0"):
        threshold_for(lambda: [same], 0)


def layer(name, kind):
    return Layer(name, kind, "", (4,), 1)


def test_the_usual_layers_are_those_before_what_follows_them_or_the_blocks():
    plain = [layer("input", "input"), layer("a", "convolution"), layer("r", "activation"), layer("b", "linear")]
    assert (usual_layers(plain), usual_top(plain)) == (["a", "b"], 3)
    residual = [
        layer("stem", "convolution"),
        *[layer(f"b{number}", "block") for number in range(20)],
        layer("f", "linear"),
    ]
    found = usual_layers(residual)
    assert (len(found), found[0], found[-1], usual_top(residual)) == (8, "b0", "f", 8)


@pytest.fixture(scope="module")
def cube():
    net = Teacher.create("lenet", (1, 28, 28), 3, (0.5,), (0.5,))
    images = np.random.default_rng(1).integers(0, 256, (150, 1, 28, 28), np.uint8)
    images[::2] //= 3  # two kinds of images, that layers may tell apart
    return Hypercube(lambda _epoch: net, lambda numbers: images[list(numbers)])


def test_libraries_of_layers_are_those_of_each(cube):
    names, numbers = ["conv2", "hidden", "output"], list(range(100))
    answers = np.arange(100) % 3
    sets = [(0.9, 0.8, 0.7), (0.95, 0.9, 0.8)]
    told = []
    made = Libraries.fit(
        cube, 0, names, numbers, answers, 3, LibrarySettings(), sets, callback=lambda share, *_: told.append(share)
    )
    assert told == sorted(told)
    little = Libraries.fit(cube, 0, names, numbers, answers, 3, LibrarySettings(), sets, held=100 * WIDTH * 4)
    whole = cube.slice(range(150), names, 0)
    asked = made.ask(cube, 0, range(100, 150))
    for at, thresholds in enumerate(sets):
        scores = []
        for place, name in enumerate(names):
            one = LibraryNetwork(thresholds[place]).fit(whole[name][:100], answers, 3)
            assert made.sets[at][place].nodes_.tolist() == one.nodes_.tolist()
            assert little.sets[at][place].nodes_.tolist() == one.nodes_.tolist()
            scores.append(one.predict_scores(whole[name][100:]))
            np.testing.assert_allclose(asked.scores[at, place], scores[-1], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(asked.consistency[0, at], consistency(scores), atol=1e-5)
    by_size = Libraries.fit(cube, 0, names, numbers, answers, 3, LibrarySettings(), sizes=[5, 20])
    assert [each.size_ for each in by_size.sets[1]] == pytest.approx([20] * 3, abs=2)


def test_a_layer_beyond_memory_says_what_would_fit(cube):
    with pytest.raises(ValueError, match=r"50 inputs would fit, or a projection to 1,600 dimensions"):
        Libraries.fit(
            cube,
            0,
            ["conv2"],
            list(range(100)),
            np.zeros(100, int),
            3,
            LibrarySettings(),
            [(0.5,)],
            held=50 * WIDTH * 4,
        )
    less = LibrarySettings(projection=1600)
    made = Libraries.fit(
        cube, 0, ["conv2"], list(range(100)), np.zeros(100, int), 3, less, [(0.5,)], held=50 * WIDTH * 4
    )
    assert made.sets[0][0].size_ >= 1
