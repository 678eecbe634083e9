"""What all kinds of sources have in common: the registry, and the checks of settings."""

import numpy as np
import pytest

from models.data import digits
from models.sources import SOURCES, make_source, register
from models.sources.hashing import manifest_of
from models.sources.registry import Source


def test_the_kinds_are_known_by_name():
    assert set(SOURCES) == {"digits", "mnist", "fashion-mnist", "cifar-10", "cifar-100", "folder", "npz"}
    assert all(source.kind == kind and source.title for kind, source in SOURCES.items())


def test_a_kind_is_registered_once():
    with pytest.raises(ValueError, match=r'^the image source "digits" is registered twice; .*\.$'):
        register(SOURCES["digits"])


@pytest.mark.parametrize(
    ("kind", "settings", "sentence"),
    [
        ("mnits", {}, r"kind must be one of the image sources cifar-10, .* not 'mnits'\."),
        ("digits", {"sed": 1}, r"The image source digits has no setting 'sed'; it has seed, test_fraction\."),
        ("folder", {}, r"The image source folder needs the setting folder\."),
        ("folder", {"folder": ""}, r"folder must be the path of a file or folder, not ''\."),
        ("npz", {"path": 3}, r"path must be the path of a file or folder, not 3\."),
        ("npz", {"path": "x", "layout": "NWH"}, r"layout must be one of auto, NHW, NHWC, NCHW, not 'NWH'\."),
        ("digits", {"seed": -1}, r"seed must be a whole number from 0, not -1\."),
        ("digits", {"seed": True}, r"seed must be a whole number from 0, not True\."),
        ("digits", {"test_fraction": 1}, r"test_fraction must lie between 0 and 1, both excluded, not 1\."),
        ("npz", {"path": "x", "test_fraction": "a"}, r"test_fraction must lie between 0 and 1, .* not 'a'\."),
        ("folder", {"folder": "x", "size": 0}, r"size must be a whole number from 1 to 1,024, .* not 0\."),
        ("folder", {"folder": "x", "size": [8]}, r"size must be a whole number .* not \[8\]\."),
        ("folder", {"folder": "x", "size": (8, 8.5)}, r"size must be a whole number .* not \(8, 8\.5\)\."),
        ("folder", {"folder": "x", "fit": "cut"}, r"fit must be one of crop, pad, stretch, not 'cut'\."),
        ("folder", {"folder": "x", "colour": "red"}, r"colour must be one of auto, grey, colour, not 'red'\."),
        ("mnist", {"folder": "x", "download": 1}, r"download must be True or False, not 1\."),
    ],
)
def test_settings_are_refused_with_one_sentence(kind, settings, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make_source(kind, **settings)


def test_the_digits_are_those_of_the_data_module():
    source = make_source("digits", seed=3, test_fraction=0.5)
    loaded, plain = source.load(), digits(seed=3, test_fraction=0.5)
    assert np.array_equal(loaded.images, plain.images)
    assert np.array_equal(loaded.labels, plain.labels)
    assert source.manifest() == make_source("digits").manifest()  # settings are not part of it


def test_a_manifest_knows_names_and_contents_but_no_order():
    a, b = (b"a", b"1" * 32), (b"b", b"2" * 32)
    assert manifest_of([a, b]) == manifest_of([b, a])
    others = [[a], [a, b, b], [(b"b", a[1]), (b"a", b[1])], [(b"a" + a[1] + b"b", b[1])]]
    assert len({manifest_of(parts) for parts in [*others, [a, b]]}) == len(others) + 1
    assert issubclass(SOURCES["digits"], Source)
