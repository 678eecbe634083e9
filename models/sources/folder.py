"""A folder of class folders, with pictures in them."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar, get_args

import numpy as np

from models.data import ImageSet, stratified_split
from models.progress import Callback, silent
from models.sources.hashing import digest_of, manifest_of
from models.sources.listing import Listing, list_folder
from models.sources.pictures import FITS, TRAITS, BadPicture, Fit, Look, look_at, read_picture
from models.sources.registry import Source, register
from models.sources.room import room_for
from models.sources.settings import check_choice, check_path, check_split, existing_folder, shortened

Colour = Literal["auto", "grey", "colour"]
Background = Literal["black", "white"]
SHADES = {"black": 0, "white": 255}
LARGEST_SIZE = 1024  # pixels a side
STEP = 100  # files from one report to the next

Result = TypeVar("Result")


@register
@dataclass(frozen=True)
class Folder(Source):
    """Pictures in a folder for each class: whatever Pillow reads, but EPS, for which it would run a program.

    If the folder holds ``train`` and ``test`` (or ``val``), with class folders in each, that is the split;
    otherwise it is made by seed. A file that cannot be read is never skipped: all such are counted and the first
    are named. What is done to the others that somebody might not expect is told in the notes of the set.

    Parameters
    ----------
    folder : path
        The folder.
    size : int or (height, width), optional
        Brings each picture to this size, 1 to 1,024 pixels a side. May be left out if all are of one size.
    fit : "crop", "pad" or "stretch"
        How: cut out the middle at the wanted proportion, add bars at the sides, or change the proportion; always
        bilinearly over all pixels that a new one covers.
    colour : "auto", "grey" or "colour"
        How many channels; auto is grey if every picture is.
    background : "black" or "white"
        Of the bars, and of what is transparent.
    test_fraction : float
        The share of each class that is kept for testing, between 0 and 1. Not used if the folder is split.
    seed : int
        Chooses the stratified split. Not used if the folder is split.

    Raises
    ------
    ValueError
        If a setting is out of its range.
    """

    kind: ClassVar[str] = "folder"
    title: ClassVar[str] = "A folder of class folders"

    folder: str | os.PathLike
    size: int | tuple[int, int] | None = None
    fit: Fit = "crop"
    colour: Colour = "auto"
    background: Background = "black"
    test_fraction: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        check_path("folder", self.folder)
        object.__setattr__(self, "size", _pair(self.size))
        check_choice("fit", self.fit, FITS)
        check_choice("colour", self.colour, get_args(Colour))
        check_choice("background", self.background, get_args(Background))
        check_split(self.test_fraction, self.seed)

    def load(self, callback: Callback = silent) -> ImageSet:
        """Read the head of every picture, then decode them one by one into the place that each will have."""
        listing = list_folder(existing_folder(self.folder))
        looks = self._looks(listing, callback)
        grey = self.colour == "grey" or (self.colour == "auto" and all(look.grey for look in looks))
        height, width = self._size_of_all(listing, looks)

        order, n_train = self._order(listing)
        images = room_for((len(order), 1 if grey else 3, height, width), "give a smaller size, or fewer pictures")

        def decode(position: int, name: str) -> None:
            images[position] = self._pixels(listing, name, grey, (height, width))

        _for_each(listing, [listing.files[index] for index in order], decode, "reading", callback, 0.2)
        return ImageSet(
            name=listing.root.resolve().name or "folder",
            images=images,
            labels=listing.labels[order],
            class_names=listing.class_names,
            n_train=n_train,
            notes=(*listing.notes, *_notes(looks, grey)),
        )

    def manifest(self, callback: Callback = silent) -> str:
        """Hash the path below the folder, and the content, of each file that `load` reads."""
        listing = list_folder(existing_folder(self.folder))

        def hashed(number: int, name: str) -> tuple[bytes, bytes]:
            try:
                if not (listing.root / name).is_file():
                    raise BadPicture("not a file")
                with open(listing.root / name, "rb") as stream:
                    return os.fsencode(name), digest_of(stream)
            except OSError as error:
                raise BadPicture(str(error.strerror)) from error

        return manifest_of(_for_each(listing, listing.files, hashed, "hashing", callback, 0.0))

    def _looks(self, listing: Listing, callback: Callback) -> list[Look]:
        """The head of every file. When one is bad the others are decoded too, so that all bad ones are known at once."""
        bad: dict[str, str] = {}

        def look(number: int, name: str) -> Look | None:
            try:
                return look_at(listing.root / name)
            except BadPicture as error:
                bad[name] = str(error)
                return None

        looks = _for_each(listing, listing.files, look, "looking", callback, 0.0, 0.2)
        if not bad:
            return [found for found in looks if found]

        def check(number: int, name: str) -> None:
            if name in bad:
                raise BadPicture(bad[name])
            self._pixels(listing, name, grey=True, size=None)

        _for_each(listing, listing.files, check, "looking for others that cannot be read", callback, 0.2)
        raise AssertionError("a bad file ends the loop above")

    def _pixels(self, listing: Listing, name: str, grey: bool, size: tuple[int, int] | None) -> np.ndarray:
        resized = size if self.size else None
        pixels = read_picture(listing.root / name, resized, grey, self.fit, SHADES[self.background])
        if size and pixels.shape[1:] != size:  # EXIF data at the end of a file turn it late
            raise BadPicture(
                f"{pixels.shape[1]} x {pixels.shape[2]} pixels, and not {size[0]} x {size[1]} as its head says"
            )
        return pixels

    def _size_of_all(self, listing: Listing, looks: list[Look]) -> tuple[int, int]:
        if isinstance(self.size, tuple):
            return self.size
        sizes = Counter(look.size for look in looks)
        if len(sizes) > 1:
            smallest, largest = (f"{height} x {width}" for height, width in (min(sizes), max(sizes)))
            raise ValueError(
                f"The pictures in {listing.root} have {len(sizes):,} sizes, from {smallest} to {largest} pixels: "
                f"give a size that they are brought to."
            )
        return looks[0].size

    def _order(self, listing: Listing) -> tuple[np.ndarray, int]:
        """Which file comes at which place, train first, and how many are train."""
        if listing.n_train is not None:
            return np.arange(len(listing.files)), listing.n_train
        train, test = stratified_split(listing.labels, self.test_fraction, self.seed)
        if not len(test):
            raise ValueError(f"{listing.root} needs two pictures in some class, so that one can be kept for testing.")
        return np.concatenate([train, test]), len(train)


def _for_each(
    listing: Listing,
    names: list[str] | tuple[str, ...],
    work: Callable[[int, str], Result],
    verb: str,
    callback: Callback,
    start: float,
    end: float = 1.0,
) -> list[Result]:
    """Do something with each file, and refuse all together if it fails for some."""
    results, bad = [], []
    for number, name in enumerate(names):
        if number % STEP == 0:
            share = start + (end - start) * number / len(names)
            callback(share, f"{verb}: file {number + 1:,} of {len(names):,}")
        try:
            results.append(work(number, name))
        except BadPicture as error:
            bad.append(f"{name.encode(errors='replace').decode()} ({error})")
    if bad:
        count = f"{len(bad):,} of {len(names):,} files in {listing.root}"
        raise ValueError(f"{count} cannot be read: {shortened(sorted(bad), 5)}; repair or remove them.")
    return results


def _notes(looks: list[Look], grey: bool) -> list[str]:
    """What was done to how many."""
    notes = []
    for trait, deed in TRAITS.items():
        if count := sum(trait in look.traits for look in looks):
            notes.append(f"{count:,} of {len(looks):,} pictures: {deed}.")
    other = sum(look.grey != grey for look in looks)
    if other:
        notes.append(f"{other:,} of {len(looks):,} pictures: {'colour made grey' if grey else 'grey read as colour'}.")
    return notes


def _pair(size: object) -> tuple[int, int] | None:
    """A size as (height, width)."""
    if size is None:
        return None
    match size if isinstance(size, list | tuple) else (size, size):
        case (int() as height, int() as width) if all(
            1 <= side <= LARGEST_SIZE and not isinstance(side, bool) for side in (height, width)
        ):
            return height, width
    raise ValueError(
        f"size must be a whole number from 1 to {LARGEST_SIZE:,}, or two (height, width), or left out, not {size!r}."
    )
