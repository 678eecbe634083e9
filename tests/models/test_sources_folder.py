"""Folders of pictures, made by Pillow on the spot, odd ones among them."""

import os
import random
import shutil
import tracemalloc
import types
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from models.progress import Cancelled
from models.sources import make_source

RED, GREEN = (200, 30, 10), (10, 180, 40)


def save(path: Path, color=RED, size=(8, 6), mode="RGB", **how) -> Path:
    """A picture of one colour; `size` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **how)
    return path


def make_classes(root: Path, per_class: int = 5) -> Path:
    """Two classes; the first pixel of each picture tells its number."""
    for number in range(per_class):
        save(root / "cat" / f"{number}.png", (number, 0, 0))
        save(root / "dog" / f"{number}.png", (100 + number, 0, 0))
    return root


def load(root, **how):
    return make_source("folder", folder=root, **how).load()


@pytest.fixture
def classes(tmp_path) -> Path:
    return make_classes(tmp_path / "animals")


# ---- which files, which labels, which split ----


def test_class_folders_are_classes_and_the_seed_splits_them(classes):
    image_set = load(classes, seed=1)
    assert image_set.name == "animals"
    assert image_set.images.shape == (10, 3, 6, 8)
    assert image_set.class_names == ("cat", "dog")
    assert image_set.n_train == 8
    assert np.bincount(image_set.labels[8:]).tolist() == [1, 1]
    first = image_set.images[:, 0, 0, 0]
    assert np.array_equal(first >= 100, image_set.labels == 1)
    assert sorted(first) == [0, 1, 2, 3, 4, 100, 101, 102, 103, 104]
    assert image_set.notes == ()
    assert np.array_equal(load(classes, seed=1).images, image_set.images)
    assert not np.array_equal(load(classes, seed=2).images, image_set.images)


@pytest.mark.parametrize("other", ["test", "val"])
def test_train_and_test_folders_are_the_split(tmp_path, other):
    make_classes(tmp_path / "train", 3)
    make_classes(tmp_path / other, 2)
    image_set = load(tmp_path)
    assert image_set.n_train == 6
    assert image_set.images[:, 0, 0, 0].tolist() == [0, 1, 2, 100, 101, 102, 0, 1, 100, 101]
    assert image_set.labels.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 1, 1]


def test_a_class_may_be_called_train(tmp_path):
    save(tmp_path / "train" / "1.png")
    save(tmp_path / "train" / "2.png")
    save(tmp_path / "bus" / "1.png")
    assert load(tmp_path).class_names == ("bus", "train")


def test_files_at_any_depth_belong_to_their_class(classes):
    save(classes / "cat" / "of 2020" / "summer" / "9.png", (9, 0, 0))
    image_set = load(classes)
    assert image_set.labels[image_set.images[:, 0, 0, 0] == 9].tolist() == [0]


def test_what_is_left_out_is_said(classes):
    (classes / "README.txt").write_text("about")
    (classes / "cat" / ".DS_Store").write_text("clutter")
    (classes / "dog" / "Thumbs.db").write_text("clutter")
    (classes / ".git").mkdir()
    notes = load(classes).notes
    assert notes == (
        "3 hidden files or folders were left out.",
        "1 beside the class folders were left out: README.txt.",
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda root: shutil.rmtree(root / "cat"), r"must hold at least two class folders, but only dog is there"),
        (lambda root: (root / "eel").mkdir(), r": no image lies in eel; put some there or remove the class"),
        (lambda root: [shutil.rmtree(root / name) for name in ("cat", "dog")], r"must hold a folder of images .*"),
        (lambda root: (root / os.fsdecode(b"\xff")).mkdir(), r"has a name that is no text in UTF-8: .*; rename it"),
    ],
)
def test_a_folder_without_classes_is_refused_with_one_sentence(classes, change, sentence):
    change(classes)
    with pytest.raises(ValueError, match=rf"animals:? ?{sentence}\.$"):
        load(classes)


def test_train_and_test_must_have_the_same_classes(tmp_path):
    make_classes(tmp_path / "train")
    make_classes(tmp_path / "test")
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "dgo")
    with pytest.raises(
        ValueError, match=r"train and test must have the same class folders, but dgo, dog is in one only\.$"
    ):
        load(tmp_path)


def test_no_folder_and_no_two_pictures(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no folder .*nowhere\.$"):
        load(tmp_path / "nowhere")
    file = save(tmp_path / "one.png")
    with pytest.raises(ValueError, match=r"one\.png is a file; a folder is needed here\.$"):
        load(file)
    save(tmp_path / "few" / "a" / "1.png")
    save(tmp_path / "few" / "b" / "1.png")
    with pytest.raises(ValueError, match=r"few needs two pictures in some class, .*\.$"):
        load(tmp_path / "few")


# ---- bad files ----


def test_bad_files_are_counted_and_named(classes):
    whole = save(classes / "cat" / "whole.png", size=(64, 64))
    noisy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noisy).save(whole)
    (classes / "cat" / "half.png").write_bytes(whole.read_bytes()[:5000])
    whole.unlink()
    (classes / "dog" / "words.jpg").write_text("no image at all")
    (classes / "dog" / "nothing.png").write_bytes(b"")
    (classes / "dog" / "drawing.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n")
    os.mkfifo(classes / "dog" / "pipe.png")
    with pytest.raises(ValueError, match=r"^5 of 15 files in \S*animals cannot be read: ") as caught:
        load(classes)
    sentence = str(caught.value)
    assert "cat/half.png (damaged: " in sentence
    assert "dog/words.jpg (not an image that can be read)" in sentence
    assert "dog/drawing.eps (not an image that can be read)" in sentence  # Ghostscript is not run
    assert "dog/nothing.png (empty)" in sentence
    assert "dog/pipe.png (not a file)" in sentence
    assert sentence.endswith("; repair or remove them.")


def test_one_damaged_file_is_found_though_its_head_is_whole(classes):
    file = classes / "cat" / "2.png"
    file.write_bytes(file.read_bytes()[:-25])
    with pytest.raises(ValueError, match=r"^1 of 10 files .* cannot be read: cat/2\.png \(damaged: .*\); repair .*\.$"):
        load(classes)


@pytest.mark.parametrize(("side", "said"), [(10_000, "100 million"), (20_000, "very many")])
def test_a_picture_of_100_megapixels_is_refused_before_it_is_decoded(classes, monkeypatch, side, said):
    save(classes / "cat" / "poster.png", 0, (side, side), "1")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded") if self.width > 999 else None)
    with pytest.raises(ValueError, match=rf"cat/poster\.png \({said} pixels, where 50 million are the limit\)"):
        load(classes)


def test_only_the_first_of_many_bad_files_are_named(classes):
    for number in range(40):
        (classes / "cat" / f"bad {number:02}.png").write_text("bad")
    with pytest.raises(ValueError, match=r"^40 of 50 files .*bad 04\.png \([a-z ]*\) and 35 more; .*\.$"):
        load(classes)


# ---- what is made of a picture ----


def pixel_of(root, **how):
    """The colour in the middle of the picture dog/odd.*, and the notes."""
    image_set = load(root, **how)
    odd = image_set.images[image_set.labels == 1]
    assert len(odd) == 1
    _, _, height, width = odd.shape
    return odd[0, :, height // 2, width // 2].tolist(), image_set.notes


@pytest.fixture
def beside(tmp_path) -> Path:
    """A class of two plain pictures; the odd one goes beside it."""
    save(tmp_path / "cat" / "1.png")
    save(tmp_path / "cat" / "2.png")
    return tmp_path


def test_colours_are_kept_whatever_the_file_is(beside):
    palette = Image.new("P", (8, 6), 3)
    palette.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, *GREEN])
    for name in ("odd.png", "odd.gif", "odd.bmp"):
        file = beside / "dog" / name
        file.parent.mkdir(exist_ok=True)
        palette.save(file)
        assert pixel_of(beside) == (list(GREEN), ())
        file.unlink()


def test_print_colours_become_red_green_blue(beside):
    save(beside / "dog" / "odd.tif", (255, 0, 0, 0), mode="CMYK")
    pixel, notes = pixel_of(beside)
    assert pixel == [0, 255, 255]  # cyan
    assert [note for note in notes if "CMYK" in note and note.startswith("1 of 3 pictures")]


@pytest.mark.parametrize(("background", "shade"), [("black", 0), ("white", 255)])
def test_transparency_lies_on_the_background(beside, background, shade):
    save(beside / "dog" / "odd.png", (200, 100, 50, 51), mode="RGBA")
    pixel, notes = pixel_of(beside, background=background)
    assert pixel == pytest.approx([0.2 * color + 0.8 * shade for color in (200, 100, 50)], abs=1)
    assert notes == ("1 of 3 pictures: transparency was laid on the background.",)


def test_a_transparent_palette_lies_on_the_background(beside):
    palette = Image.new("P", (8, 6), 0)
    palette.putpalette([*GREEN, *RED])
    (beside / "dog").mkdir()
    palette.save(beside / "dog" / "odd.gif", transparency=0)
    assert pixel_of(beside, background="white")[0] == [255, 255, 255]


@pytest.mark.parametrize(("value", "grey"), [(65_535, 255), (257 * 90, 90), (0, 0)])
def test_sixteen_bits_become_eight_over_the_whole_range(beside, value, grey):
    (beside / "dog").mkdir()
    Image.fromarray(np.full((6, 8), value, np.uint16)).save(beside / "dog" / "odd.png")
    pixel, notes = pixel_of(beside, colour="grey")
    assert pixel == [grey]
    assert any("more than 8 bits" in note for note in notes)


@pytest.mark.parametrize(
    ("value", "result"),
    [(0.5, [128] * 3), (float("nan"), "it holds NaN or infinite pixels"), (7.0, "its pixels go from 7 to 7, .*0 to 1")],
)
def test_floats_are_fractions(beside, value, result):
    (beside / "dog").mkdir()
    Image.fromarray(np.full((6, 8), value, np.float32)).save(beside / "dog" / "odd.tif")
    if isinstance(result, list):
        assert pixel_of(beside)[0] == result
    else:
        with pytest.raises(ValueError, match=rf"^1 of 3 files .*: dog/odd\.tif \({result}\); .*\.$"):
            load(beside)


def test_of_an_animation_the_first_picture_is_taken(beside):
    (beside / "dog").mkdir()
    first, second = Image.new("RGB", (8, 6), GREEN), Image.new("RGB", (8, 6), RED)
    first.save(beside / "dog" / "odd.gif", save_all=True, append_images=[second])
    pixel, notes = pixel_of(beside)
    assert pixel == list(GREEN)
    assert notes == ("1 of 3 pictures: of an animation or a file of several pictures, the first was taken.",)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_turned_photograph_stands_upright(beside, suffix):
    lying = Image.new("L", (6, 8), 0)  # as its camera was held; upright it is 8 wide and 6 high
    lying.paste(255, (0, 0, 6, 2))  # its top two rows are the right side
    exif = Image.Exif()
    exif[0x0112] = 6
    (beside / "dog").mkdir()
    lying.save(beside / "dog" / f"odd.{suffix}", exif=exif, **({"quality": 100} if suffix == "jpg" else {}))
    image_set = load(beside, colour="grey")
    columns = image_set.images[image_set.labels == 1][0, 0].mean(axis=0)
    assert columns == pytest.approx([0] * 6 + [255] * 2, abs=3)
    assert any("turned upright" in note for note in image_set.notes)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(beside, orientation):
    pixels = np.random.default_rng(orientation).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for file in (beside / "cat").iterdir():
        save(file, size=(8, 8))
    (beside / "dog").mkdir()
    Image.fromarray(pixels).save(beside / "dog" / "odd.png", exif=exif)
    with Image.open(beside / "dog" / "odd.png") as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    image_set = load(beside)
    assert np.array_equal(image_set.images[image_set.labels == 1][0].transpose(1, 2, 0), expected)


def test_broken_exif_data_spoil_no_picture(beside):
    save(beside / "dog" / "odd.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01broken")
    assert pixel_of(beside)[0] == pytest.approx(RED, abs=3)


def test_grey_pictures_make_a_grey_set(beside):
    for file in (beside / "cat").iterdir():
        file.unlink()
    save(beside / "cat" / "1.png", 9, mode="L")
    save(beside / "cat" / "2.png", 1, mode="1")
    save(beside / "dog" / "odd.jpg", 77, mode="L")
    assert load(beside).images.shape[1] == 1
    assert load(beside, colour="colour").images.shape[1] == 3
    save(beside / "dog" / "3.png")
    mixed = load(beside)
    assert mixed.images.shape[1] == 3
    assert mixed.notes == ("3 of 4 pictures: grey read as colour.",)
    assert load(beside, colour="grey").notes == ("1 of 4 pictures: colour made grey.",)


# ---- sizes ----


def test_several_sizes_need_to_be_told_one(classes):
    save(classes / "dog" / "wide.png", size=(30, 6))
    with pytest.raises(ValueError, match=r"animals have 2 sizes, from 6 x 8 to 6 x 30 pixels: give a size .*\.$"):
        load(classes)
    assert load(classes, size=4).images.shape[2:] == (4, 4)
    assert load(classes, size=[4, 7]).images.shape[2:] == (4, 7)


@pytest.mark.parametrize(
    ("fit", "middle_row"),
    [
        ("crop", [255, 255, 255, 255]),  # the black ends are cut off
        ("stretch", [0, 255, 255, 0]),
        ("pad", [0, 255, 255, 0]),
    ],
)
def test_the_resize_rule_is_the_stated_one(tmp_path, fit, middle_row):
    """Pictures of 16 x 8: white in the middle half, black at both ends."""
    pixels = np.zeros((8, 16), np.uint8)
    pixels[:, 4:12] = 255
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / name)
    image = load(tmp_path, size=4, fit=fit, background="white").images[0, 0]
    assert image[2].tolist() == pytest.approx(middle_row, abs=64)
    assert (image[0] > 200).all() == (fit != "stretch")  # the bars of a padded picture are white


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), fit=st.sampled_from(["crop", "pad", "stretch"]))
def test_resizing_stays_within_the_range_of_the_pixels(tmp_path_factory, seed, fit):
    rng = np.random.default_rng(seed)
    root = tmp_path_factory.mktemp("range")
    for name in ("a", "b"):
        (root / name).mkdir()
        for number in range(2):
            height, width = rng.integers(1, 40, 2)
            pixels = rng.integers(60, 200, (height, width), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    images = load(root, size=(5, 9), fit=fit, background="white").images
    assert images.min() >= 60
    assert images.max() < 200 or fit == "pad"


# ---- the manifest, progress, memory ----


def test_the_manifest_changes_with_the_content_only(classes, tmp_path):
    manifest = make_source("folder", folder=classes).manifest()
    shutil.copytree(classes, tmp_path / "elsewhere")
    assert make_source("folder", folder=tmp_path / "elsewhere", size=9, seed=4).manifest() == manifest
    (classes / "cat" / ".DS_Store").write_text("clutter")
    assert make_source("folder", folder=classes).manifest() == manifest

    seen = {manifest}
    (classes / "cat" / "0.png").rename(classes / "cat" / "00.png")
    seen.add(make_source("folder", folder=classes).manifest())
    (classes / "cat" / "00.png").rename(classes / "dog" / "00.png")
    seen.add(make_source("folder", folder=classes).manifest())
    data = bytearray((classes / "dog" / "00.png").read_bytes())
    data[-1] ^= 1
    (classes / "dog" / "00.png").write_bytes(data)
    seen.add(make_source("folder", folder=classes).manifest())
    assert len(seen) == 4


def test_the_order_in_which_a_system_lists_files_does_not_matter(classes, monkeypatch):
    plain, manifest = load(classes), make_source("folder", folder=classes).manifest()
    scandir, listdir = os.scandir, os.listdir

    class Shuffled(list):
        def __enter__(self):
            return iter(self)

        def __exit__(self, *_):
            pass

        def __next__(self):
            if not self:
                raise StopIteration
            return self.pop()

        def __iter__(self):
            return self

    monkeypatch.setattr(os, "scandir", lambda path: Shuffled(random.sample(found := list(scandir(path)), len(found))))
    monkeypatch.setattr(os, "listdir", lambda path: random.sample(found := listdir(path), len(found)))
    assert np.array_equal(load(classes).images, plain.images)
    assert make_source("folder", folder=classes).manifest() == manifest


def test_loading_reports_and_can_be_cancelled(classes):
    reports = []
    source = make_source("folder", folder=classes)
    source.load(lambda fraction, message="", **_: reports.append((fraction, message)))
    assert [fraction for fraction, _ in reports] == sorted(fraction for fraction, _ in reports)
    assert reports[-1][1] == "reading: file 1 of 10"

    def stop(fraction, message="", **metrics):
        raise Cancelled

    for work in (source.load, source.manifest):
        with pytest.raises(Cancelled):
            work(stop)


def test_more_than_fits_into_memory_is_refused_before_it_is_read(classes, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=2000))
    sentence = (
        r"^10 images of 3 x 64 x 64 take 0\.0 GB, but only 0\.0 GB of memory are free: give a smaller size, .*\.$"
    )
    with pytest.raises(ValueError, match=sentence):
        load(classes, size=64)
    assert load(classes, size=4).images.nbytes < 2000


def test_loading_takes_the_memory_of_the_result(tmp_path):
    np.savez(tmp_path / "set.npz", images=np.zeros((20_000, 32, 32, 3), np.uint8), labels=np.arange(20_000) % 10)
    tracemalloc.start()
    try:
        size = make_source("npz", path=tmp_path / "set.npz").load().images.nbytes
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * size
