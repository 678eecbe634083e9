"""What a running job has so far, such as the places of a map in the making: the newest only, and gone with the attempt.

A preview is no result: nothing is made of it, so no fence keeps an attempt that is over from showing one more.
"""

import io

import numpy as np

from workers import names
from workers.store import Client

SILENT_SECONDS = 120  # that the preview of a worker which died stays


def keep(client: Client, key: str, array: np.ndarray) -> None:
    """Shows an array as float32, in place of the one before."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array, np.float32), allow_pickle=False)
    client.set(names.preview(key), buffer.getvalue(), ex=SILENT_SECONDS)


def read(client: Client, key: str) -> bytes | None:
    """The newest preview of a job, the bytes of a .npy file; None when it shows nothing (any more)."""
    return client.get(names.preview(key))


def drop(client: Client, key: str) -> None:
    """Shows nothing any more."""
    client.delete(names.preview(key))
