"""What a long job has so far, kept on disk so that its next attempt goes on from there after a kill."""

import os
import time
import uuid
from pathlib import Path

KEEP_SECONDS = 15.0  # between two notes: a shorter job is begun again as fast


def unfinished_folder(data_dir: Path) -> Path:
    """Where the work of all jobs is kept."""
    return data_dir / "unfinished"


class KeptWork:
    """One file for each job, in the data folder that all machines share; it is gone once the job is done.

    An attempt that was given up may still write here: what it notes is as good, as the same question has one answer.

    Parameters
    ----------
    data_dir : the data folder.
    key : the job's.
    """

    def __init__(self, data_dir: Path, key: str):
        self._path = unfinished_folder(data_dir) / key
        self._noted = time.monotonic()

    def keep(self, _epoch: int, work: bytes) -> None:
        """Replaces what was kept, at most every `KEEP_SECONDS`."""
        if time.monotonic() - self._noted < KEEP_SECONDS:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.part")
        try:
            part.write_bytes(work)
            os.replace(part, self._path)
        finally:
            part.unlink(missing_ok=True)
        self._noted = time.monotonic()

    def read(self) -> bytes | None:
        """What an earlier attempt has kept; None when there is nothing."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None

    def drop(self) -> None:
        """Forgets it."""
        self._path.unlink(missing_ok=True)
