import os
import time

import numpy as np
import pytest

from tests.workers.by_hand import finish, sleeper
from workers import sweep as module
from workers.chunks import write_images
from workers.kept import KeptWork
from workers.pixels import chunk_folder
from workers.sweep import sweep


@pytest.fixture
def two_sets(tmp_path):
    """The indices of two image sets in chunks, all of them old."""
    indices = [write_images(chunk_folder(tmp_path), np.full((3, 1, 4, 4), value, np.uint8)) for value in (1, 2)]
    age(tmp_path, 10 * 24 * 3600)
    return indices


def age(folder, seconds):
    for file in folder.rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() - seconds,) * 2)


def there(tmp_path):
    return {file.stem for file in chunk_folder(tmp_path).rglob("*.npy")}


def test_chunks_stay_while_a_result_names_them(jobs, results, tmp_path, two_sets):
    kept, gone = two_sets
    spec = sleeper("images")
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, arrays = results.stage(spec.key, attempt, {"labels": np.zeros(3)})
    jobs.commit(spec.key, attempt, size, {"arrays": arrays, "chunks": kept.as_json()})
    assert sweep(jobs, results, tmp_path) == [f"{gone.digests[0]}.npy"]
    assert there(tmp_path) == set(kept.digests)


def test_young_chunks_may_belong_to_a_job_that_runs(jobs, results, tmp_path, two_sets):
    age(tmp_path, module.YOUNG_SECONDS - 60)
    assert sweep(jobs, results, tmp_path) == []
    assert len(there(tmp_path)) == 2


def test_an_old_chunk_that_is_written_again_is_young(jobs, results, tmp_path, two_sets):
    write_images(chunk_folder(tmp_path), np.full((3, 1, 4, 4), 1, np.uint8))
    assert sweep(jobs, results, tmp_path) == [f"{two_sets[1].digests[0]}.npy"]


def test_work_is_kept_while_its_job_is_open_or_was_given_up_lately(jobs, results, tmp_path, monkeypatch):
    monkeypatch.setattr("workers.kept.KEEP_SECONDS", 0.0)
    opened, over = sleeper("open"), sleeper("over")
    jobs.submit(opened)
    jobs.submit(over)
    finish(jobs, results, over)
    for spec in (opened, over):
        KeptWork(tmp_path, spec.key).keep(1, b"work")
    assert sweep(jobs, results, tmp_path) == []
    age(tmp_path, module.GIVEN_UP_SECONDS + 60)
    assert sweep(jobs, results, tmp_path) == [over.key]
    assert KeptWork(tmp_path, opened.key).read() == b"work"


def test_an_empty_folder_is_swept_too(jobs, results, tmp_path):
    assert sweep(jobs, results, tmp_path / "nowhere") == []
