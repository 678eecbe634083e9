"""The kinds of image sources, by name. A new kind is one small class under `@register`."""

from abc import ABC, abstractmethod
from dataclasses import MISSING, fields
from typing import Any, ClassVar, TypeVar

from models.data import ImageSet
from models.progress import Callback, silent


class Source(ABC):
    """One place that an image set comes from. A kind is a frozen dataclass: its fields are its settings.

    Attributes
    ----------
    kind : str
        The name in the registry, such as "cifar-10".
    title : str
        What people call it.
    """

    kind: ClassVar[str]
    title: ClassVar[str]

    def fetch(self, callback: Callback = silent) -> None:  # noqa: B027  (most kinds have nothing to fetch)
        """Make sure that the files are there, where a kind can: by a download.

        Parameters
        ----------
        callback : Callback
            Is told how far the download is, and may cancel it.

        Raises
        ------
        FileNotFoundError
            If files are missing and cannot be had.
        """

    @abstractmethod
    def load(self, callback: Callback = silent) -> ImageSet:
        """Read the images, after fetching what can be fetched.

        Parameters
        ----------
        callback : Callback
            Is told how far the reading is, and may cancel it.

        Returns
        -------
        ImageSet

        Raises
        ------
        FileNotFoundError
            If files are missing.
        ValueError
            If what is there cannot be read as images with labels. The sentence names the files.
        """

    @abstractmethod
    def manifest(self, callback: Callback = silent) -> str:
        """Hash what the images are made from, so that a job's key changes with it.

        Settings are not part of it, nor is the place: equal files in another folder have the same manifest.

        Parameters
        ----------
        callback : Callback
            Is told how far the hashing is, and may cancel it.

        Returns
        -------
        str
            A sha256, in hex.

        Raises
        ------
        FileNotFoundError
            If files are missing; `fetch` gets them, where that can be.
        ValueError
            If what is there is not what this kind reads.
        """


SOURCES: dict[str, type[Source]] = {}
"""The known kinds: a name, and the class."""

AnySource = TypeVar("AnySource", bound=type[Source])


def register(source: AnySource) -> AnySource:
    """Add a kind of source to `SOURCES`, as a class decorator.

    Raises
    ------
    ValueError
        If its name is taken.
    """
    if source.kind in SOURCES:
        raise ValueError(f'the image source "{source.kind}" is registered twice; give one of them another name.')
    SOURCES[source.kind] = source
    return source


def make_source(kind: str, **settings: Any) -> Source:
    """Make a source from its name and settings.

    Parameters
    ----------
    kind : str
        A name in `SOURCES`.
    **settings
        The fields of that class, such as ``folder="cats-and-dogs"``.

    Returns
    -------
    Source
        Its settings are checked; its files are not looked at yet.

    Raises
    ------
    ValueError
        If the kind is unknown, or a setting is unknown, missing or out of its range.
    """
    if kind not in SOURCES:
        raise ValueError(f"kind must be one of the image sources {', '.join(sorted(SOURCES))}, not {kind!r}.")
    known = fields(SOURCES[kind])  # pyright: ignore[reportArgumentType]  (each kind is a dataclass)
    names = [field.name for field in known]
    if unknown := sorted(set(settings) - set(names)):
        raise ValueError(f"The image source {kind} has no setting {unknown[0]!r}; it has {', '.join(names) or 'none'}.")
    needed = [field.name for field in known if field.default is MISSING and field.default_factory is MISSING]
    if missing := [name for name in needed if name not in settings]:
        raise ValueError(f"The image source {kind} needs the setting {missing[0]}.")
    return SOURCES[kind](**settings)
