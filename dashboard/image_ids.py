"""Image numbers as people type them and as files hold them: read, checked against the image set, written.

A file is JSON, a list of numbers or {"images": key of the image set, "ids": numbers}; or text: a table with a column named
image or id, or else nothing but numbers and ranges such as 40-50.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.components.tables import to_csv

COLUMNS = ("image", "id")  # of a table, either
MOST_DIGITS = 9  # of an image number
NAMED = 5  # unknown numbers that are named; of more, how many
WHOLE = re.compile(rf"\d{{1,{MOST_DIGITS}}}", re.ASCII)
RANGE = re.compile(rf"(\d{{1,{MOST_DIGITS}}})[-–](\d{{1,{MOST_DIGITS}}})", re.ASCII)


@dataclass(frozen=True)
class Read:
    """What a file holds.

    Attributes
    ----------
    ranges : first and last image number of each range, as they stand there.
    images : result key of the image set that they are of; None where the file does not say.
    by_outcome : as in `dashboard.links.make_selection`.
    """

    ranges: list[tuple[int, int]]
    images: str | None = None
    by_outcome: bool = False

    def mask(self, count: int) -> np.ndarray:
        """The images (N,) of a set of `count`; numbers that it does not have are left out."""
        mask = np.zeros(count, bool)
        for first, last in self.ranges:
            mask[first : last + 1] = True
        return mask

    def unknown(self, count: int) -> tuple[int, list[int]]:
        """How many different numbers a set of `count` images does not have, and the lowest few of them."""
        beyond = sorted((max(first, count), last) for first, last in self.ranges if last >= count)
        many, few, end = 0, [], count - 1
        for first, last in beyond:
            start = max(first, end + 1)
            if start <= last:
                many += last - start + 1
                few += range(start, min(last, start + NAMED) + 1)
                end = last
        return many, few[:NAMED]


def typed(text: str, count: int) -> np.ndarray:
    """The images (N,) that somebody typed: "12", "12, 40-50".

    Raises
    ------
    ValueError
        Names what is no image number, or no image of the set.
    """
    ranges = [number_or_range(word) for word in words_of(text)]
    if not ranges:
        raise ValueError("type a number such as 12, or several: 12, 40-50")
    for _, last in ranges:
        if last >= count:
            raise ValueError(no_image(last, count))
    return Read(ranges).mask(count)


def no_image(number: int, count: int) -> str:
    """Says that an image set has no image of that number."""
    return f"image {number:,} does not exist; there are 0 to {count - 1:,}"


def read_ids(text: str) -> Read:
    """What a file, or a text that was pasted, holds.

    Raises
    ------
    ValueError
        Names the line, or the place in the list, that is no image number.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return read_json(text)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise ValueError("there are no image numbers in it")
    is_table = re.search(r"[^\W\d_]", lines[0][1]) is not None  # a letter: the names of its columns
    return Read(column_of(text) if is_table else [found for line in lines for found in numbers_in(*line)])


def read_json(text: str) -> Read:
    """The numbers of a JSON list, or of {"images": ..., "ids": [...]}."""
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is no JSON: {error.msg}, at character {error.colno}") from None
    except RecursionError:
        raise ValueError("it is JSON of lists within lists; a list of image numbers is wanted") from None
    fields = held if isinstance(held, dict) else {"ids": held}
    ids, images = fields.get("ids"), fields.get("images")
    if not isinstance(ids, list):
        raise ValueError('it holds no list named "ids"')
    if images is not None and not isinstance(images, str):
        raise ValueError('its "images" is no name of an image set')
    for place, number in enumerate(ids, 1):
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 10**MOST_DIGITS:
            raise ValueError(f"number {place} of its list, {cut(json.dumps(number))}, is no image number")
    return Read([(number, number) for number in ids], images, fields.get("by_outcome") is True)


def column_of(text: str) -> list[tuple[int, int]]:
    """The numbers in a table's column named image or id."""
    rows = csv.reader(text.splitlines())
    found: list[tuple[int, int]] = []
    place = None
    for row in rows_of(rows):
        if not any(cell.strip() for cell in row):
            continue
        if place is None:
            titles = [title.strip().lower() for title in row]
            place = next((titles.index(name) for name in COLUMNS if name in titles), None)
            if place is None:
                raise ValueError(f"line {rows.line_num} names no column image or id, and is no image number")
            continue
        cell = row[place].strip() if place < len(row) else ""
        if not WHOLE.fullmatch(cell):
            raise ValueError(f"line {rows.line_num}: {cut(cell) or 'nothing'} is no image number")
        found.append((int(cell), int(cell)))
    return found


def rows_of(rows: Any) -> Iterator[list[str]]:
    """The rows of a csv.reader, whose own errors name no line."""
    try:
        yield from rows
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num} is no line of a table: {error}") from None


def numbers_in(line: int, text: str) -> list[tuple[int, int]]:
    """The numbers and ranges of one line."""
    try:
        return [number_or_range(word) for word in words_of(text)]
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from None


def words_of(text: str) -> list[str]:
    """Numbers and ranges, which commas, semicolons or blanks keep apart; the blanks in "40 - 50" do not."""
    return re.sub(r"(?<=\d)\s*[-–]\s*(?=\d)", "-", text).replace(",", " ").replace(";", " ").split()


def number_or_range(word: str) -> tuple[int, int]:
    """First and last of "12" or "40-50"."""
    if WHOLE.fullmatch(word):
        return int(word), int(word)
    if not (found := RANGE.fullmatch(word)):
        raise ValueError(f"{cut(word)} is no image number; 12 is one, and 40-50 are several")
    first, last = int(found[1]), int(found[2])
    if first > last:
        raise ValueError(f"{word} goes backwards; type {last}-{first}")
    return first, last


def unknown_words(read: Read, count: int) -> str:
    """Which numbers the image set does not have, as a sentence; empty when it has them all."""
    many, few = read.unknown(count)
    if not many:
        return ""
    named = ", ".join(f"{number:,}" for number in few) + (", …" if many > len(few) else "")
    what = "number is no image" if many == 1 else "numbers are no images"
    return f"{many:,} {what} of this set, which has 0 to {count - 1:,}: {named}."


def as_json(images: str, ids: Iterable[int], *, by_outcome: bool) -> str:
    """The file that `read_json` reads; that the images were chosen by outcome stands in it when they were."""
    return json.dumps({"images": images, "ids": list(ids)} | ({"by_outcome": True} if by_outcome else {}))


def as_csv(ids: Iterable[int]) -> str:
    """A table of one column."""
    return to_csv(["image"], ([number] for number in ids))


def cut(text: str) -> str:
    """As much of what is no number as a sentence has room for."""
    return text if len(text) <= 20 else f"{text[:19]}…"
