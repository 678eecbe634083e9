"""Arrays in an .npz file, read block by block, so that what is not kept never lies in memory. No pickles."""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

BLOCK_BYTES = 1 << 23
SUFFIX = ".npy"


class Npz:
    """An open .npz file. Errors name the file and the array.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no .npz file.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path).expanduser()
        if not self.path.is_file():
            raise FileNotFoundError(f"There is no file {self.path}.")
        try:
            self._archive = zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as error:
            raise ValueError(
                f"{self.path} is no .npz file, as numpy.savez writes it, or is damaged ({error})."
            ) from error
        self.names = tuple(name.removesuffix(SUFFIX) for name in self._archive.namelist() if name.endswith(SUFFIX))
        """The names of the arrays."""

    def __enter__(self) -> "Npz":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def head(self, name: str) -> tuple[tuple[int, ...], np.dtype]:
        """Return the shape and the type of an array without reading it.

        Raises
        ------
        ValueError
            If the array is damaged, or is a pickle.
        """
        with self._opened(name) as stream:
            shape, _, dtype = _read_head(stream)
        return shape, dtype

    def read(self, name: str) -> np.ndarray:
        """Read a whole array.

        Raises
        ------
        ValueError
            If the array is damaged, or is a pickle.
        """
        with self._opened(name) as stream:
            shape, fortran, dtype = _read_head(stream)
            return _read_values(stream, shape, dtype, fortran)

    def blocks(self, name: str) -> Iterator[np.ndarray]:
        """Read an array piece by piece along its first axis, about 8 MB at a time.

        An array in Fortran's order does not lie so in the file, and is read whole.

        Yields
        ------
        array (n, ...)
            The next n rows.

        Raises
        ------
        ValueError
            If the array is damaged, is a pickle, or has no axis.
        """
        with self._opened(name) as stream:
            shape, fortran, dtype = _read_head(stream)
            if not shape:
                raise ValueError(f"{self.path}: the array {name!r} is a single value and has no rows.")
            whole = _read_values(stream, shape, dtype, fortran) if fortran else None
            row_bytes = dtype.itemsize * int(np.prod(shape[1:], dtype=object))
            step = max(1, BLOCK_BYTES // max(1, row_bytes))
            for start in range(0, shape[0], step):
                stop = min(start + step, shape[0])
                if whole is None:
                    yield _read_values(stream, (stop - start, *shape[1:]), dtype, fortran=False)
                else:
                    yield whole[start:stop]

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        # Only what reading raises is turned into a sentence: what a caller raises between two blocks is its own.
        try:
            with self._archive.open(name + SUFFIX) as stream:
                yield stream
        except _Pickled as error:
            raise ValueError(
                f"{self.path}: the array {name!r} holds Python objects, which are not read, as they may run anything; "
                f"save it as numbers or text (dtype=str)."
            ) from error
        except DAMAGE as error:
            raise ValueError(f"{self.path}: the array {name!r} is damaged ({error}).") from error


class _Pickled(Exception):
    """The array is a pickle."""


class _Damaged(Exception):
    """The array is not what its head says."""


# RuntimeError: the bit that says that a file is encrypted
DAMAGE = (_Damaged, zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, MemoryError, OSError)


def _read_head(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether in Fortran's order, and type."""
    shape: tuple[int, ...]
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    except ValueError as error:
        raise _Damaged(str(error).splitlines()[0]) from error
    if dtype.hasobject:
        raise _Pickled
    return shape, fortran, dtype


def _read_values(stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype, fortran: bool) -> np.ndarray:
    wanted = dtype.itemsize * int(np.prod(shape, dtype=object))
    data = stream.read(wanted)
    if len(data) < wanted:
        raise _Damaged(f"{wanted - len(data):,} bytes are missing")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
