"""What lies in the data folder and nobody needs any more: chunks of image sets that were deleted or evicted, and the work of
jobs that were given up."""

import time
from pathlib import Path

from workers.jobs import Jobs
from workers.kept import unfinished_folder
from workers.pixels import chunk_folder
from workers.results import MissingResult, Results

YOUNG_SECONDS = 6 * 3600  # a chunk is written before the result that names it
GIVEN_UP_SECONDS = 7 * 24 * 3600  # until then a job that failed or was cancelled can be tried again from where it was


def sweep(jobs: Jobs, results: Results, data_dir: Path) -> list[str]:
    """Deletes those files; returns their names."""
    named = chunks_named(results)
    open_keys = jobs.open_keys()
    chunks = [file for file in chunk_folder(data_dir).glob("*/*") if file.stem not in named]
    work = [file for file in unfinished_folder(data_dir).glob("*") if file.name not in open_keys]
    old = [
        *(file for file in chunks if _age(file) > YOUNG_SECONDS),
        *(file for file in work if _age(file) > GIVEN_UP_SECONDS),
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return [file.name for file in old]


def chunks_named(results: Results) -> set[str]:
    """The digests of the chunks that some result names."""
    named = set()
    for key in results.sizes():
        try:
            named |= set(results.meta(key).get("chunks", {}).get("digests", ()))
        except MissingResult:  # gone since
            continue
    return named


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
