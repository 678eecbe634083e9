"""Outputs of a classifier in a text file with a line an image: numbers, and a label if there is one."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEPARATORS = ",;\t"
LABEL_LIMIT = 1000
LABEL_NAMES = {"label", "labels", "target", "targets", "true"}


@dataclass(frozen=True, eq=False)
class Table:
    """What a .csv file holds.

    Attributes
    ----------
    outputs : float64 array (N, K)
        The numbers.
    labels : int64 or text array (N,), or None
        The column of labels, if there is one.
    class_names : tuple of str, or None
        The names of the other columns, if the file has a head.
    notes : tuple of str
        What was left out.
    """

    outputs: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
    notes: tuple[str, ...]


def read_table(path: Path) -> Table:
    """Read a .csv file: a line an image, a column a class, separated by commas, semicolons or tabs.

    A first line with a text in it, or with the numbers 0 to K - 1, is the head: it names the classes. A column
    ``label`` (or ``labels``, ``target``, ``targets``, ``true``) holds the labels, as numbers or class names. A column
    without a name that counts the lines, as pandas writes it, is left out, and the notes say so.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If a cell is no number, or a line is longer or shorter than the first. Rows are counted from 0, as images are.
    """
    lines, cells = _read_cells(path)
    head = _head_of(path, cells[0])
    if head:
        lines, cells = lines[1:], cells[1:]
    if not cells:
        raise ValueError(f"{path} holds no line of numbers.")
    _check_lengths(path, lines, cells, len(head or cells[0]))

    columns = list(range(len(cells[0])))
    notes: list[str] = []
    if head and _counts_lines(head[0], cells):
        columns = columns[1:]
        notes.append("The first column, which has no name and counts the lines, was left out.")
    labelled = [column for column in columns if head and head[column].strip().lower() in LABEL_NAMES]
    if len(labelled) > 1:
        raise ValueError(f"{path} must have one column of labels, but has {len(labelled)}.")
    columns = [column for column in columns if column not in labelled]
    return Table(
        outputs=_numbers(path, lines, cells, columns, head),
        labels=_labels(path, [row[labelled[0]].strip() for row in cells]) if labelled else None,
        class_names=tuple(head[column].strip() for column in columns) if head else None,
        notes=tuple(notes),
    )


def _read_cells(path: Path) -> tuple[list[int], list[list[str]]]:
    """The cells of each line that is not empty, and its number in the file, from 1."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            separator = max(SEPARATORS, key=first.count)
            reader = csv.reader(stream, delimiter=separator)
            rows = [(reader.line_num, row) for row in reader if row]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a text in UTF-8, but its byte {error.start} is none.") from error
    except csv.Error as error:
        raise ValueError(f"{path} cannot be read as a table ({error}).") from error
    if not rows:
        raise ValueError(f"{path} is empty.")
    lines, cells = zip(*rows, strict=True)
    return list(lines), list(cells)


def _head_of(path: Path, first: list[str]) -> list[str] | None:
    """The first line, if it names the columns."""
    stripped = [cell.strip() for cell in first]
    texts = [cell for cell in stripped if not _is_number(cell)]
    if not texts and stripped != [str(number) for number in range(len(first))]:
        return None
    # A class may be called 7, but with 0.7 in it the line is one of outputs.
    if fractions := [cell for cell in stripped if _is_number(cell) and not cell.isdigit()]:
        raise ValueError(
            f"{path}: the first line must be numbers, or names of the columns, but holds {texts[0]!r} and {fractions[0]!r}."
        )
    # numpy.savetxt writes its head as a comment
    return [first[0].lstrip().removeprefix("#").lstrip(), *first[1:]]


def _counts_lines(name: str, cells: list[list[str]]) -> bool:
    return name.strip().lower() in ("", "unnamed: 0") and all(row[0] == str(n) for n, row in enumerate(cells))


def _check_lengths(path: Path, lines: list[int], cells: list[list[str]], length: int) -> None:
    for row, (line, found) in enumerate(zip(lines, cells, strict=True)):
        if len(found) != length:
            raise ValueError(
                f"{path}: row {row} (line {line}) has {len(found)} cells, where the first line has {length}."
            )


def _numbers(
    path: Path, lines: list[int], cells: list[list[str]], columns: Sequence[int], head: list[str] | None
) -> np.ndarray:
    """The columns as numbers (N, K)."""
    if not columns:
        raise ValueError(f"{path} must have a column of numbers for each class, but has none.")
    chosen = cells if len(columns) == len(cells[0]) else [[row[column] for column in columns] for row in cells]
    try:
        return np.array([[float(cell) for cell in row] for row in chosen])
    except ValueError:
        for row, (line, found) in enumerate(zip(lines, cells, strict=True)):
            for column in columns:
                if not _is_number(found[column]):
                    name = repr(head[column]) if head else str(column)
                    raise ValueError(
                        f"{path}: row {row} (line {line}), column {name} must be a number, not {found[column]!r}."
                    ) from None
        raise


def _labels(path: Path, cells: list[str]) -> np.ndarray:
    """Whole numbers if all are, else texts."""
    longest = max(map(len, cells))
    if longest > LABEL_LIMIT:  # an array of texts gives each the room of the longest
        raise ValueError(f"{path} must have labels of at most {LABEL_LIMIT:,} characters, not {longest:,}.")
    if not all(map(_is_number, cells)):
        return np.array(cells)
    numbers = np.array([float(cell) for cell in cells])
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all() and np.abs(numbers).max() < 2**53
    return numbers.astype(np.int64) if whole else numbers


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
