"""Checks of settings that several kinds of sources have. Each raises one sentence."""

import os
from collections.abc import Sequence
from pathlib import Path


def check_path(name: str, value: object) -> None:
    """Check that a setting names a place.

    Raises
    ------
    ValueError
        If it is neither a text nor a path, or is empty.
    """
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ValueError(f"{name} must be the path of a file or folder, not {value!r}.")


def check_split(test_fraction: object, seed: object) -> None:
    """Check the settings of a stratified split.

    Raises
    ------
    ValueError
        If `test_fraction` is not between 0 and 1, or `seed` is not a whole number from 0.
    """
    number = isinstance(test_fraction, int | float) and not isinstance(test_fraction, bool)
    if not number or not 0 < test_fraction < 1:  # pyright: ignore[reportOperatorIssue]
        raise ValueError(f"test_fraction must lie between 0 and 1, both excluded, not {test_fraction!r}.")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"seed must be a whole number from 0, not {seed!r}.")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Check that a setting is one of a few words.

    Raises
    ------
    ValueError
        If it is not.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")


def existing_folder(folder: str | os.PathLike) -> Path:
    """Return the folder as a path, with ``~`` filled in.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If it is a file.
    """
    path = Path(folder).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"There is no folder {path}.")
    if not path.is_dir():
        raise ValueError(f"{path} is a file; a folder is needed here.")
    return path


def shortened(names: Sequence[str], limit: int = 3) -> str:
    """Join the first few names, and say how many more there are."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")
