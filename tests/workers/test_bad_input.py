"""What is wrong with files that people have: each mistake comes out as one sentence that says what to do."""

import re
import time
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from models.teacher import Teacher
from workers.kinds import job

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 8, 8), np.uint8)
LABELS = np.arange(12) % 3
LOGITS = RNG.normal(0, 4, (12, 10))


# ---- files -----------------------------------------------------------------------------------------------------------


def folder_of(place, **classes):
    """A folder of class folders with that many pictures each."""
    for name, count in classes.items():
        (place / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(PIXELS[number]).save(place / name / f"{number}.png")
    return place


def truncated(place):
    folder_of(place, cat=3, dog=3)
    file = place / "dog" / "1.png"
    file.write_bytes(file.read_bytes()[:60])
    return place


def header_of(width, height):
    """A PNG that says it has so many pixels, and holds none of them."""

    def chunk(kind, data):
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    size = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def huge(place):
    folder_of(place, cat=3, dog=3)
    (place / "dog" / "1.png").write_bytes(header_of(10_000, 10_000))
    return place


def npz(**arrays):
    def write(place):
        file = place.with_suffix(".npz")
        np.savez(file, **arrays)
        return file

    return write


def text(suffix, content):
    def write(place):
        file = place.with_suffix(suffix)
        file.write_text(content)
        return file

    return write


def weights(state):
    def write(place):
        file = place.with_suffix(".pt")
        torch.save(state, file)
        return file

    return write


class Code:
    """What a pickle of it does when it is loaded."""

    def __reduce__(self):
        return print, ("it ran",)


def not_a_number():
    pixels = PIXELS.astype(np.float32) / 255
    pixels[7, 2, 3] = np.nan
    return pixels


NO_OUTSIDER = "must lie in 0 to {}, as there are {} classes, but the label of image {} is {} "

# What is looked at, how it is made, and what is said of it.
CASES = {
    "no folder": ("folder", lambda place: place, "There is no folder {place}."),
    "no class": ("folder", lambda place: place.mkdir() or place, "must hold a folder of images for each class"),
    "an empty class": ("folder", lambda place: folder_of(place, cat=3, dog=0), "no image lies in dog; put some there"),
    "one class": (
        "folder",
        lambda place: folder_of(place, cat=3),
        "at least two class folders, but only cat is there.",
    ),
    "a truncated picture": ("folder", truncated, "1 of 6 files in {place} cannot be read: dog/1.png (damaged: "),
    "a hundred megapixels": ("folder", huge, "dog/1.png (100 million pixels, where 50 million are the limit); repair"),
    "no images": ("npz", npz(labels=LABELS), "bad.npz holds labels, but no images."),
    "labels beyond the names": (
        "npz",
        npz(images=PIXELS, labels=LABELS, class_names=np.array(["a", "b"])),
        "'labels' " + NO_OUTSIDER.format(1, 2, 2, 2) + "(4 of 12 are outside).",
    ),
    "negative labels": ("npz", npz(images=PIXELS, labels=LABELS - 1), "but the label of image 0 is -1 (4 of 12"),
    "all of one class": (
        "npz",
        npz(images=PIXELS, labels=LABELS * 0),
        "at least two classes, but all are of class '0'.",
    ),
    "NaN": ("npz", npz(images=not_a_number(), labels=LABELS), "pixels in 1 of its images, the first of them image 7."),
    "objects": (
        "npz",
        npz(images=PIXELS, labels=np.array([Code()] * 12)),
        "which are not read, as they may run anything",
    ),
    "no archive": ("npz", text(".npz", "hello"), "is no .npz file, as numpy.savez writes it, or is damaged"),
    "text in a cell": (
        "predictions",
        text(".csv", "a,b,label\n1,2,0\n3,oops,1\n"),
        "row 1 (line 3), column 'b' must be a number, not 'oops'.",
    ),
    "neither logits nor probabilities": (
        "predictions",
        text(".csv", "a,b,label\n0.5,0.5,0\n0.5,inf,1\n"),
        "must be finite numbers, but row 1, column 1 is inf",
    ),
    "rows that do not sum to 1": (
        "predictions",
        npz(probabilities=np.full((12, 10), 0.3), labels=LABELS),
        "must be probabilities, within 0 to 1 with rows that sum to 1 (within 0.001), but row 0 sums to 3 ",
    ),
    "10 outputs for 12 classes": (
        "predictions",
        npz(logits=LOGITS, labels=np.arange(12)),
        NO_OUTSIDER.format(9, 10, 10, 10) + "(2 of 12 are outside).",
    ),
    "10 outputs for 12 names": (
        "predictions",
        npz(logits=LOGITS, labels=LABELS, class_names=np.array([*"abcdefghijkl"])),
        "bad.npz has 10 outputs an image, but names 12 classes.",
    ),
    "code in a checkpoint": (
        "weights",
        weights({"state_dict": Code()}),
        "which could run code and is never loaded: save the weights alone, with torch.save(model.state_dict(), path)",
    ),
    "no weights": ("weights", weights({"epoch": 3}), "must hold weights by name, at the top or under state_dict"),
}


def sentence_of(make, spec):
    """What is said of a job that cannot be done."""
    with pytest.raises(AssertionError) as failed:
        make(spec)
    return str(failed.value).partition("\nassert ")[0]


def look(what, place):
    return job("look", {"what": what, "path": str(place), "asked": time.time()})


@pytest.mark.parametrize("case", CASES)
def test_a_look_says_in_one_sentence_what_is_wrong(make, tmp_path, capfd, case):
    what, write, wanted = CASES[case]
    place = write(tmp_path / "bad")
    told = sentence_of(make, look(what, place))
    assert wanted.format(place=place) in told
    assert place.name in told
    assert re.search(r"\.$", told)
    assert "\n" not in told
    assert "it ran" not in capfd.readouterr().out


@pytest.fixture
def refused(make, results, tmp_path):
    """What is said of a LeNet of the digits whose weights are these."""

    def refused(state):
        file = weights(state)(tmp_path / "own")
        manifest = results.meta(make(look("weights", file)))["manifest"]
        params = {"weights": {"manifest": manifest}, "epochs": 0}
        return sentence_of(make, job("teacher", params, images=job("images"), place=str(file)))

    return refused


def test_weights_that_are_missing_or_unexpected_are_listed(refused):
    state = Teacher.create("lenet", (1, 28, 28), 10, [0.5], [0.5], seed=0, device="cpu").module.state_dict()
    first = next(iter(state))
    told = refused({f"{name}.ema" if name == first else name: value for name, value in state.items()})
    assert f"1 missing ({first}), 1 unexpected ({first}.ema)." in told


def test_weights_for_twelve_classes_are_none_for_ten(refused):
    state = Teacher.create("lenet", (1, 28, 28), 12, [0.5], [0.5], seed=0, device="cpu").module.state_dict()
    assert re.search(
        r"2 of another shape \(.*\(12, \d+\) instead of \(10, \d+\), .*\(12,\) instead of \(10,\)\)\.$", refused(state)
    )


def test_a_class_name_is_a_name_whatever_it_looks_like(make, results, tmp_path):
    names = np.array(["<script>alert(1)</script>", "b", "c"])
    place = npz(images=PIXELS, labels=LABELS, class_names=names)(tmp_path / "odd")
    assert results.meta(make(look("npz", place)))["class_names"] == names.tolist()
