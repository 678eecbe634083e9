"""What a running job has so far, such as the places of a map in the making: the newest only, and gone with the attempt.

A preview is no result: nothing is made of it, so no fence keeps an attempt that is over from showing one more.
"""

import io

import numpy as np

from workers import names
from workers.store import Client

SHOWN = "shown"  # the name of the array itself
SILENT_SECONDS = 120  # that the preview of a worker which died stays


def keep(client: Client, key: str, array: np.ndarray, **beside: np.ndarray) -> None:
    """Shows an array as float32, and what belongs to it by name, in place of those before."""
    with client.pipeline() as pipe:
        pipe.hset(names.preview(key), mapping={name: _npy(one) for name, one in {SHOWN: array, **beside}.items()})
        pipe.expire(names.preview(key), SILENT_SECONDS)
        pipe.execute()


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array, np.float32), allow_pickle=False)
    return buffer.getvalue()


def read(client: Client, key: str, name: str = SHOWN) -> bytes | None:
    """The newest preview of a job, or what is beside it, the bytes of a .npy file; None when it shows nothing (any more)."""
    return client.hget(names.preview(key), name)


def drop(client: Client, key: str) -> None:
    """Shows nothing any more."""
    client.delete(names.preview(key))
