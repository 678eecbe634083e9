"""Images in content-addressed files: what goes in comes out, and nothing else does."""

import itertools
import json
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.progress import Cancelled
from workers import chunks
from workers.chunks import ChunkIndex, StoredImages, write_images


@pytest.fixture
def few_a_chunk(monkeypatch):
    monkeypatch.setattr(chunks, "MAX_CHUNK_IMAGES", 4)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (10, 3, 5, 6), dtype=np.uint8)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(max_examples=60)
@given(
    images=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=4, max_dims=4, max_side=9)),
    chunk_bytes=st.integers(1, 2000),
    data=st.data(),
)
def test_what_goes_in_comes_out(tmp_path_factory, images, chunk_bytes, data):
    folder = tmp_path_factory.mktemp("chunks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
        index = write_images(folder, images)
    stored = StoredImages(folder, ChunkIndex.from_json(json.loads(json.dumps(index.as_json()))))
    assert len(stored) == len(images)
    assert np.array_equal(stored.read_all(), images)
    ids = data.draw(st.lists(st.integers(0, len(images) - 1), max_size=12))
    assert np.array_equal(stored.read(ids), images[np.array(ids, dtype=int)])


def test_equal_images_are_stored_once_and_under_the_same_names(tmp_path, few_a_chunk, images):
    index = write_images(tmp_path, images)
    before = [(file, file.stat().st_ino) for file in files_in(tmp_path)]
    assert len(before) == 3
    assert write_images(tmp_path, np.asfortranarray(images)) == index
    assert [(file, file.stat().st_ino) for file in files_in(tmp_path)] == before
    changed = images.copy()
    changed[9, 0, 0, 0] ^= 1
    other = write_images(tmp_path, changed)
    assert [a == b for a, b in zip(index.digests, other.digests, strict=True)] == [True, True, False]
    assert len(files_in(tmp_path)) == 4
    reshaped = write_images(tmp_path, images.reshape(10, 3, 6, 5))
    assert not set(reshaped.digests) & set(index.digests)


def test_only_the_chunks_that_are_asked_for_are_touched(tmp_path, few_a_chunk, images):
    index = write_images(tmp_path, images)
    for file in files_in(tmp_path):
        if file.stem != index.digests[1]:
            file.unlink()
    stored = StoredImages(tmp_path, index)
    assert np.array_equal(stored.read([7, 4, 7]), images[[7, 4, 7]])
    with pytest.raises(FileNotFoundError, match=r"^Chunk 3 of 3 of the image set, .*\.npy, is missing; .*\.$"):
        stored.read([7, 8])
    with pytest.raises(FileNotFoundError, match=r"^Chunk 1 of 3 of the image set, .*\.npy, is missing; .*\.$"):
        stored.read_all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: data + b"more",
        lambda data: b"something else",
    ],
)
def test_a_damaged_chunk_is_refused_and_mended_by_writing_again(tmp_path, few_a_chunk, images, damage):
    index = write_images(tmp_path, images)
    file = next(file for file in files_in(tmp_path) if file.stem == index.digests[1])
    file.write_bytes(damage(file.read_bytes()))
    stored = StoredImages(tmp_path, index)
    assert np.array_equal(stored.read([0, 9]), images[[0, 9]])
    for read in (lambda: stored.read([5]), stored.read_all):
        with pytest.raises(
            ValueError, match=r"^The file \S*\.npy is damaged; delete it, and make the image set anew\.$"
        ):
            read()
    assert write_images(tmp_path, images) == index
    assert np.array_equal(stored.read_all(), images)


def test_an_index_of_other_images_is_refused(tmp_path, few_a_chunk, images):
    index = write_images(tmp_path, images)
    swapped = ChunkIndex(index.shape, index.per_chunk, index.digests[::-1])
    with pytest.raises(ValueError, match=r"holds uint8 of \(2, 3, 5, 6\), and not uint8 of \(4, 3, 5, 6\)\.$"):
        StoredImages(tmp_path, swapped).read_all()


@pytest.mark.parametrize("ids", [[10], [-1], [0.5], [[0]]])
def test_what_is_no_id_is_refused(tmp_path, images, ids):
    with pytest.raises(ValueError, match=r"^ids must .*\.$"):
        StoredImages(tmp_path, write_images(tmp_path, images)).read(ids)


@pytest.mark.parametrize(
    "odd", [np.zeros((2, 3, 4, 5)), np.zeros((2, 3, 4), np.uint8), np.zeros((0, 3, 4, 5), np.uint8)]
)
def test_what_is_no_set_of_images_is_refused(tmp_path, odd):
    with pytest.raises(ValueError, match=r"^images must be uint8 of the shape \(N, C, H, W\) .*\.$"):
        write_images(tmp_path, odd)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "The index of chunks must have shape, per_chunk and digests, .*"),
        ({"shape": [1, 1, 1, 1], "per_chunk": 0, "digests": ["a" * 64]}, "shape and per_chunk must be .*"),
        ({"shape": [1, 1, 1], "per_chunk": 1, "digests": ["a" * 64]}, "shape and per_chunk must be .*"),
        ({"shape": [3, 1, 1, 1], "per_chunk": 2, "digests": ["a" * 64]}, "3 images, 2 a chunk, do not fill 1 chunks"),
        ({"shape": [1, 1, 1, 1], "per_chunk": 1, "digests": ["../../x"]}, r"digests must be sha256 in hex, .*"),
    ],
)
def test_an_odd_index_is_refused(told, sentence):
    with pytest.raises(ValueError, match=rf"^{sentence}\.$"):
        ChunkIndex.from_json(told)


def test_a_chunk_appears_only_when_it_is_whole(tmp_path, images, monkeypatch):
    def full_disk(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(OSError, match="No space left"):
            write_images(tmp_path, images)
    assert not files_in(tmp_path)


def test_many_may_write_at_once(tmp_path, few_a_chunk):
    images = np.random.default_rng(1).integers(0, 256, (200, 1, 8, 8), dtype=np.uint8)
    indices = []
    writers = [threading.Thread(target=lambda: indices.append(write_images(tmp_path, images))) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(set(indices)) == 1
    assert len(indices) == 6
    assert {file.suffix for file in files_in(tmp_path)} == {".npy"}
    assert np.array_equal(StoredImages(tmp_path, indices[0]).read_all(), images)


def test_writing_and_reading_report_and_can_be_cancelled(tmp_path, few_a_chunk, images):
    reports = []
    index = write_images(tmp_path, images, lambda fraction, message="", **_: reports.append(message))
    StoredImages(tmp_path, index).read_all(lambda fraction, message="", **_: reports.append(message))
    assert reports == [
        *(f"storing image {n} of 10" for n in (1, 5, 9)),
        *(f"reading chunk {n} of 3" for n in (1, 2, 3)),
    ]
    calls = itertools.count()

    def stop(fraction, message="", **metrics):
        if next(calls) == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_images(tmp_path / "other", images, stop)
    assert len(files_in(tmp_path / "other")) == 1


def test_one_image_of_many_takes_little_memory(tmp_path):
    images = np.random.default_rng(2).integers(0, 256, (20_000, 3, 16, 16), dtype=np.uint8)
    index = write_images(tmp_path, images)
    assert len(index.digests) == 10
    tracemalloc.start()
    try:
        one = StoredImages(tmp_path, index).read([12_345])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.array_equal(one[0], images[12_345])
    assert peak < 1e6
