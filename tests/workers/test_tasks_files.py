"""Image sets and weights that come from files: looked at, made into results, refused when they have changed."""

import time

import numpy as np
import pytest
import torch
from PIL import Image

from models.teacher import Teacher
from workers import tasks
from workers.chunks import ChunkIndex
from workers.kept import KeptWork
from workers.kinds import job
from workers.pixels import chunk_folder, pixels_of
from workers.runner import Runner

RNG = np.random.default_rng(0)


@pytest.fixture
def pictures(tmp_path):
    """A folder of two classes, ten pictures each, and their pixels."""
    pixels = RNG.integers(0, 256, (20, 12, 12, 3), np.uint8)
    for number, image in enumerate(pixels):
        place = tmp_path / "pictures" / ("cat" if number < 10 else "dog")
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:02}.png")
    return tmp_path / "pictures", pixels


def looked_at(make, results, what, path, **settings):
    key = make(job("look", {"what": what, "path": str(path), "asked": time.time()} | settings))
    return results.meta(key)


def folder_images(make, results, folder):
    told = looked_at(make, results, "folder", folder)
    source = {"kind": "folder", "manifest": told["manifest"], "count": told["count"]}
    return job("images", {"source": source}, place=str(folder))


def test_a_look_says_what_a_folder_holds(make, results, pictures):
    told = looked_at(make, results, "folder", pictures[0])
    assert (told["count"], told["n_train"], told["class_names"], told["shape"]) == (20, 16, ["cat", "dog"], [3, 12, 12])


def test_pixels_that_come_from_files_lie_on_disk_in_chunks(make, results, pictures, tmp_path):
    folder, pixels = pictures
    key = make(folder_images(make, results, folder))
    meta = results.meta(key)
    assert "images" not in meta["arrays"]
    stored = pixels_of(results, key, tmp_path / "data")
    everything = stored.read_all()
    assert sorted(image.tobytes() for image in everything) == sorted(
        np.moveaxis(image, -1, 0).tobytes() for image in pixels
    )
    assert np.array_equal(stored.read([3, 19]), everything[[3, 19]])
    index = ChunkIndex.from_json(meta["chunks"])
    assert len(list(chunk_folder(tmp_path / "data").rglob("*.npy"))) == len(index.digests) == 1
    assert [meta["class_names"][label] for label in results.array(key, "labels")].count("cat") == 10


def test_a_folder_that_has_changed_since_is_refused(make, results, jobs, pictures):
    folder, pixels = pictures
    spec = folder_images(make, results, folder)
    Image.fromarray(pixels[0]).save(folder / "dog" / "more.png")
    with pytest.raises(AssertionError, match="does not hold any more what was found there"):
        make(spec)


def test_a_question_is_the_same_wherever_the_files_lie(make, results, pictures):
    folder, _ = pictures
    here = folder_images(make, results, folder)
    moved = folder.rename(folder.with_name("elsewhere"))
    assert folder_images(make, results, moved).key == here.key


def test_an_npz_file(make, results, tmp_path):
    images, labels = RNG.integers(0, 256, (30, 14, 14), np.uint8), np.arange(30) % 3
    np.savez(tmp_path / "own.npz", images=images, labels=labels)
    told = looked_at(make, results, "npz", tmp_path / "own.npz")
    source = {"kind": "npz", "manifest": told["manifest"], "count": 30}
    key = make(job("images", {"source": source}, place=str(tmp_path / "own.npz")))
    assert results.meta(key)["shape"] == [1, 14, 14]
    assert results.meta(key)["n_classes"] == 3


@pytest.mark.parametrize(
    ("what", "name", "content", "complaint"),
    [
        ("folder", "nowhere", None, "There is no folder"),
        ("npz", "x.npz", b"not a zip", "x.npz"),
        ("weights", "w.pt", b"not weights", "w.pt"),
    ],
)
def test_a_look_at_what_cannot_be_read_ends_with_a_sentence(make, tmp_path, what, name, content, complaint):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AssertionError, match=complaint):
        make(job("look", {"what": what, "path": str(tmp_path / name), "asked": 0.0}))


def test_weights_of_a_file_are_measured_as_they_are(make, results, tmp_path):
    key = make(job("images"))
    meta = results.meta(key)
    made = Teacher.create("lenet", (1, 28, 28), 10, meta["mean"], meta["std"], seed=5, device="cpu")
    path = tmp_path / "own.pt"
    torch.save({"state_dict": {f"module.{name}": value for name, value in made.module.state_dict().items()}}, path)
    told = looked_at(make, results, "weights", path)
    assert told["numbers"] == 431_080
    params = {"weights": {"manifest": told["manifest"]}, "epochs": 0}
    trained = make(job("teacher", params, images=job("images"), place=str(path)))
    assert results.meta(trained)["stored_epochs"] == [0]
    again = Teacher.from_bytes(results.blob(trained, "weights-0"), "cpu")
    images = results.array(key, "images")[:20]
    assert np.allclose(again.predict(images).logits, made.predict(images).logits)


def test_a_training_that_was_cut_off_goes_on_where_it_was(make, jobs, results, tmp_path, monkeypatch):
    monkeypatch.setattr("workers.kept.KEEP_SECONDS", 0.0)
    images = job("images")
    make(images)
    spec = job("teacher", {"epochs": 3, "batch_size": 256}, images=images)
    jobs.submit(spec)
    whole = tasks.train
    begun = []

    def cut_off(teacher, image_set, *, checkpoint, resume, **settings):
        begun.append(resume)

        def keep(epoch, work):
            checkpoint(epoch, work)
            if epoch == 2 and len(begun) == 1:
                raise KeyboardInterrupt  # the worker is gone

        return whole(teacher, image_set, checkpoint=keep, resume=resume, **settings)

    monkeypatch.setattr(tasks, "train", cut_off)
    with pytest.raises(KeyboardInterrupt):
        Runner(jobs, results, "first", 60.0, {}).run(spec.key)
    jobs.bury("first")
    Runner(jobs, results, "second", 60.0, {}).run(spec.key)
    assert jobs.get(spec.key).state == "done"
    assert begun[0] is None
    assert begun[1] is not None
    assert len(results.array(spec.key, "test_loss")) == 4
    assert KeptWork(tmp_path / "data", spec.key).read() is None

    monkeypatch.setattr(tasks, "train", whole)
    uninterrupted = job("teacher", {"epochs": 3, "batch_size": 256, "seed": 0}, images=images)
    assert uninterrupted.key == spec.key
    losses = results.array(spec.key, "test_loss")
    jobs._client.delete(f"darkroom:result:{spec.key}")
    results._cache.clear()
    make(uninterrupted)
    assert np.array_equal(results.array(spec.key, "test_loss"), losses)
