"""Images and labels in .npz files, good ones and all kinds of bad ones."""

import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sources import make_source

N = 12


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (N, 5, 4, 3), dtype=np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    return np.arange(N) % 3


def load(path, settings=None, save=np.savez, **arrays):
    save(path / "set.npz", **arrays)
    return make_source("npz", path=path / "set.npz", **(settings or {})).load()


def in_the_files_order(image_set, labels) -> np.ndarray:
    """Undo the split: the images as the file had them, if each is unlike the others."""
    from models.data import stratified_split

    train, test = stratified_split(labels, 0.2, 0)
    images = np.empty_like(image_set.images)
    images[np.concatenate([train, test])] = image_set.images
    return images


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_images_and_labels_are_read_and_split_by_seed(tmp_path, pixels, labels, save):
    image_set = load(tmp_path, save=save, images=pixels, labels=labels, class_names=np.array(["a", "b", "c"]))
    assert image_set.name == "set"
    assert image_set.class_names == ("a", "b", "c")
    assert image_set.n_train == 9
    assert np.array_equal(in_the_files_order(image_set, labels), pixels.transpose(0, 3, 1, 2))
    assert np.bincount(image_set.labels[9:]).tolist() == [1, 1, 1]
    assert image_set.notes == ()


@pytest.mark.parametrize(
    ("arranged", "settings"),
    [
        (lambda pixels: pixels.transpose(0, 3, 1, 2), {}),
        (np.asfortranarray, {}),
        (lambda pixels: pixels.astype(np.int64), {}),
        (lambda pixels: pixels.astype(">u2"), {}),
        (lambda pixels: pixels / 255, {}),
        (lambda pixels: (pixels / 255).astype(">f4"), {}),
        (lambda pixels: (pixels / 255).astype(np.float16), {}),
        (lambda pixels: pixels / 255 + np.where(pixels == 255, 5e-7, 0), {}),
        (lambda pixels: pixels, {"layout": "NHWC"}),
    ],
)
def test_every_way_to_store_the_same_pixels_gives_the_same(tmp_path, pixels, labels, arranged, settings):
    image_set = load(tmp_path, settings, images=arranged(pixels), labels=labels)
    assert image_set.images.dtype == np.uint8
    difference = in_the_files_order(image_set, labels).astype(int) - pixels.transpose(0, 3, 1, 2)
    assert np.abs(difference).max() <= (arranged(pixels).dtype == np.float16)  # a half float has too few steps


def test_grey_images_and_black_and_white_ones(tmp_path, pixels, labels):
    image_set = load(tmp_path, images=pixels[..., 0], labels=labels)
    assert np.array_equal(in_the_files_order(image_set, labels)[:, 0], pixels[..., 0])
    image_set = load(tmp_path, images=pixels[..., 0] > 127, labels=labels)
    assert set(np.unique(image_set.images)) == {0, 255}


@pytest.mark.parametrize(
    ("names"),
    [("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels")],
)
def test_a_split_in_the_file_is_kept(tmp_path, pixels, labels, names):
    parts = dict(zip(names, (pixels[:7], labels[:7], pixels[7:], labels[7:]), strict=True))
    image_set = load(tmp_path, {"seed": 5}, **parts, val_images=pixels)
    assert image_set.n_train == 7
    assert np.array_equal(image_set.images, pixels.transpose(0, 3, 1, 2))
    assert np.array_equal(image_set.labels, labels)
    assert image_set.notes == ("1 other arrays in the file were left out: val_images.",)


@pytest.mark.parametrize(
    ("stored", "class_names"),
    [
        (lambda labels: labels.astype(np.float64), "012"),
        (lambda labels: labels.astype(np.uint8)[:, np.newaxis], "012"),
        (lambda labels: np.array(["cat", "dog", "eel"])[labels], ("cat", "dog", "eel")),
        (lambda labels: np.array(["cat", "dog", "eel"], "S")[labels], ("cat", "dog", "eel")),
    ],
)
def test_labels_are_numbers_or_texts(tmp_path, pixels, labels, stored, class_names):
    image_set = load(tmp_path, images=pixels, labels=stored(labels))
    assert image_set.class_names == tuple(class_names)
    assert np.array_equal(np.bincount(image_set.labels), [4, 4, 4])


def test_a_class_of_one_part_only_counts_for_both(tmp_path, pixels):
    parts = {"x_train": pixels[:6], "x_test": pixels[6:]}
    texts = np.array(["b", "a", "b", "a", "b", "a", "c", "a", "b", "c", "c", "c"])
    image_set = load(tmp_path, y_train=texts[:6], y_test=texts[6:], **parts)
    assert image_set.class_names == ("a", "b", "c")
    assert [image_set.class_names[label] for label in image_set.labels] == texts.tolist()


def test_classes_without_an_image_are_said(tmp_path, pixels, labels):
    assert load(tmp_path, images=pixels, labels=labels + 1).notes == ("1 classes have no image: 0.",)


def with_pixel(pixels, number, value):
    floats = pixels / 255
    floats[number, 2, 2, 1] = value
    return floats


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"images": None}, r"holds labels, but no images"),
        ({"labels": None}, r"holds images, but no labels"),
        ({"images": None, "labels": None, "a": 1}, r"must hold the arrays images and labels, or .* but holds a"),
        (
            {"labels": np.arange(N) % 3 - 1},
            r"'labels' must lie in 0 to 99,999, .* the label of image 0 is -1 \(4 of 12 are outside\)",
        ),
        (
            {"class_names": np.array(["a", "b"])},
            r"'labels' must lie in 0 to 1, as there are 2 .* image 2 is 2 \(4 .*",
        ),
        ({"class_names": np.array(["a", "b", "a"])}, r"class_names must be at least two different names, .*"),
        ({"class_names": np.arange(3)}, r"'class_names' must be a list of texts, not int64 of shape \(3,\)"),
        ({"class_names": np.array(["a", None, "c"])}, r"'class_names' holds Python objects, which are not read, .*"),
        ({"images": np.array([None] * N)}, r"'images' holds Python objects, which are not read, .*"),
        ({"labels": np.zeros(N, int)}, r"must hold images of at least two classes, but all are of class '0'"),
        ({"labels": np.full(N, 7)}, r"must hold images of at least two classes, but all are of class '7'"),
        ({"labels": np.arange(N - 1) % 3}, r"'images' holds 12 images, but there are 11 labels for them"),
        ({"labels": np.arange(N) + 0.5}, r"'labels' must be whole numbers, but the label of image 0 is 0\.5"),
        ({"labels": np.array([np.nan] * N)}, r"'labels' must be whole numbers, but the label of image 0 is nan"),
        ({"labels": np.eye(N)}, r"'labels' must have the shape \(N,\), one label an image, not \(12, 12\)"),
        ({"labels": np.array([], int)}, r"'labels' is empty"),
        ({"labels": np.array(["a", "b"] * 6), "class_names": np.array(["a", "c"])}, r"label 1 is 'b', which is not .*"),
        ({"images": np.zeros((N, 4))}, r"'images' must have the shape \(N, H, W\), .* not \(12, 4\)"),
        ({"images": np.zeros((N, 4, 4, 4))}, r"'images' must have the shape .* with 1 or 3 channels .*"),
        ({"images": np.zeros((N, 0, 4))}, r"'images' must have the shape .* no empty axis, not \(12, 0, 4\)"),
        ({"images": np.zeros((N, 3, 4, 3))}, r"'images' has the shape .*, which may be NHWC or NCHW: state the layout"),
        ({"images": np.zeros((N, 4, 4), "U1")}, r"'images' must be uint8, or floats from 0 to 1, not <U1"),
        (
            {"images": np.full((N, 4, 4), 256)},
            r"'images' must lie within 0 to 255, as they are whole .* from 0 to 256; .*",
        ),
        (
            {"images": np.full((N, 4, 4), 3.5)},
            r"'images' must lie within 0 to 1, as they are floats, .* from 0 to 3\.5; .*",
        ),
        ({"images": np.full((N, 4, 4), -0.1)}, r"'images' must lie within 0 to 1, .* from -0\.1 to 0; .*"),
    ],
)
def test_odd_files_are_refused_with_one_sentence(tmp_path, pixels, labels, change, sentence):
    arrays = {"images": pixels, "labels": labels} | change
    with pytest.raises(ValueError, match=rf"^(\S*set\.npz:? .*)?{sentence}\.$"):
        load(tmp_path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_images_with_nan_are_counted_and_the_first_is_named(tmp_path, pixels, labels, value):
    floats = with_pixel(with_pixel(pixels, 4, value) * 255, 9, value)
    with pytest.raises(
        ValueError, match=r"'images' holds NaN or infinite pixels in 2 of its images, the first .* image 4\.$"
    ):
        load(tmp_path, images=floats, labels=labels)


def test_huge_floats_are_out_of_range_and_not_infinite(tmp_path, pixels, labels):
    with pytest.raises(ValueError, match=r"must lie within 0 to 1, .* to 1\.7e\+308; .*\.$"):
        load(tmp_path, images=np.full((N, 4, 4), 1.7e308), labels=labels)


def test_parts_of_another_size_are_refused(tmp_path, pixels, labels):
    with pytest.raises(
        ValueError, match=r"'x_test' must hold images like those of 'x_train', \(3, 5, 4\), not \(3, 4, 4\)"
    ):
        load(tmp_path, x_train=pixels, y_train=labels, x_test=pixels[:, :4], y_test=labels)


def test_what_is_no_npz_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^There is no file \S*x\.npz\.$"):
        make_source("npz", path=tmp_path / "x.npz").load()
    (tmp_path / "x.npz").write_bytes(b"hello")
    np.save(tmp_path / "x.npy", np.zeros(3))
    for name in ("x.npz", "x.npy"):
        for ask in ("load", "manifest"):
            with pytest.raises(ValueError, match=rf"^\S*{name} is no \.npz file, .*\.$"):
                getattr(make_source("npz", path=tmp_path / name), ask)()


@settings(max_examples=60)
@given(place=st.floats(0.02, 0.98), bit=st.integers(0, 7), packed=st.booleans())
def test_a_damaged_file_is_refused_or_still_whole(tmp_path_factory, place, bit, packed):
    """One bit flipped anywhere: either a sentence, or what was stored."""
    folder = tmp_path_factory.mktemp("damaged")
    images, labels = np.arange(N * 30, dtype=np.uint8).reshape(N, 6, 5), np.arange(N) % 3
    good = load(folder, save=np.savez_compressed if packed else np.savez, images=images, labels=labels)
    data = bytearray((folder / "set.npz").read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (folder / "set.npz").write_bytes(data)
    try:
        read = make_source("npz", path=folder / "set.npz").load()
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017  (an error is one of two good ends)
    else:
        assert np.array_equal(read.images, good.images)


def test_a_file_that_promises_more_than_it_holds_is_refused(tmp_path, labels):
    head = np.lib.format.header_data_from_array_1_0(np.zeros((N, 4, 4), np.uint8))
    np.savez(tmp_path / "set.npz", labels=labels)
    with zipfile.ZipFile(tmp_path / "set.npz", "a") as archive, archive.open("images.npy", "w") as stream:
        np.lib.format.write_array_header_1_0(stream, head)
        stream.write(b"only a little")
    with pytest.raises(ValueError, match=r"the array 'images' is damaged \(179 bytes are missing\)\.$"):
        make_source("npz", path=tmp_path / "set.npz").load()


def test_loading_floats_takes_the_memory_of_the_result(tmp_path):
    """Float64 pixels take eight times that on the disk."""
    shape = (20_000, 16, 16, 3)
    np.savez(tmp_path / "set.npz", images=np.zeros(shape), labels=np.arange(len(np.zeros(shape[0]))) % 10)
    tracemalloc.start()
    try:
        size = make_source("npz", path=tmp_path / "set.npz").load().images.nbytes
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size + 40e6


def test_the_manifest_is_that_of_the_content(tmp_path, pixels, labels):
    np.savez(tmp_path / "a.npz", images=pixels, labels=labels)
    np.savez(tmp_path / "b.npz", images=pixels, labels=labels)
    np.savez(tmp_path / "c.npz", images=pixels, labels=labels[::-1])
    a, b, c = (
        make_source("npz", path=tmp_path / name, seed=n).manifest()
        for n, name in enumerate(("a.npz", "b.npz", "c.npz"))
    )
    assert a == b != c
