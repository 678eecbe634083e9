"""What the published sets have in common: a folder that holds their files, or a download into it."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from models.progress import Callback, silent
from models.sources.registry import Source
from models.sources.settings import check_path

LOCK = ".download.lock"
PATIENCE = 0.5  # seconds between two reports of waiting


@dataclass(frozen=True)
class PublishedSource(Source):
    """A set that torchvision knows: read from a folder, or downloaded into it on first use.

    Where it is downloaded from, and the checksums of what comes, are torchvision's, and so is the place in the
    folder: `torchvision.datasets` reads it there, and what that has downloaded is read here. Files that are
    there already are checked for their form and not for being the published ones, so a set with other images in
    the same format is read too.

    Parameters
    ----------
    folder : path
        Where the files lie, or are to lie.
    download : bool
        Whether to download what is missing.

    Raises
    ------
    ValueError
        If a setting is of the wrong type.
    """

    folder: str | os.PathLike
    download: bool = True

    def __post_init__(self) -> None:
        check_path("folder", self.folder)
        if not isinstance(self.download, bool):
            raise ValueError(f"download must be True or False, not {self.download!r}.")

    @property
    def root(self) -> Path:
        return Path(self.folder).expanduser()

    @abstractmethod
    def complete(self) -> bool:
        """Say whether all files are there."""

    @abstractmethod
    def files_and_places(self) -> tuple[str, str]:
        """Name the files that are needed, and the places where they are looked for: two lists for people."""

    @abstractmethod
    def download_into_folder(self, callback: Callback) -> None:
        """Download the set into its place in the folder.

        Raises
        ------
        OSError
            If that fails.
        """

    def fetch(self, callback: Callback = silent) -> None:
        """Download the set if it is not there and may be."""
        if self.complete():
            return
        failure = "it may not be downloaded, as download is off"
        if self.download:
            try:
                with _alone(self.root, callback):
                    if not self.complete():
                        self.download_into_folder(callback)
                return
            except (OSError, ImportError) as error:
                failure = f"the download failed ({error})"
        raise FileNotFoundError(f"{self.absence()}, and {failure}.")

    def absence(self) -> str:
        """Say which files are missing where: a sentence without its end."""
        files, places = self.files_and_places()
        return f"The files of {self.title} ({files}) are not in {places}"

    def demand(self) -> None:
        """Check that the files are there.

        Raises
        ------
        FileNotFoundError
            If not.
        """
        if not self.complete():
            raise FileNotFoundError(f"{self.absence()}.")


@contextmanager
def _alone(folder: Path, callback: Callback) -> Iterator[None]:
    """Wait until nobody else downloads into the folder; a lock that its holder's end releases."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            callback(None, f"waiting for another download into {folder}")
    try:
        yield
    finally:
        lock.release()
