"""Results: named arrays and JSON metadata in Redis, by content address.

An array is stored as the bytes of a .npy file in fields of 4 MB, so that a view loads only what it draws and no other
client waits long for one transfer. What is bytes already (weights, pictures) is stored as it is. Keys are immutable:
what was read once may be kept.
"""

import contextlib
import io
import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import redis
from cachetools import LRUCache, TTLCache

from workers import names
from workers.store import Client, Scripts

PART_BYTES = 4_000_000
STAGING_SECONDS = 900  # what a dead attempt staged goes by itself
TOUCH_SECONDS = 30.0  # how exact "least recently used" is
TOUCHED_KEYS = 10_000  # remembered at most

Content = np.ndarray | np.generic | bytes  # a sum over an array is no array but a number of NumPy's


class MissingResult(KeyError):
    """A result, or an array of it, that is not there; the message says what is."""

    def __str__(self) -> str:
        return str(self.args[0])


class OverBudget(Exception):
    """A result that the store has no room for; the message says what would help."""


class Results:
    """Reads results, and stages those of running jobs.

    Parameters
    ----------
    client : the connection to Redis.
    cache_bytes : how much of what was read is kept in this process. What the page shows of a million predictions of ten
        classes takes 72 MB.
    """

    def __init__(self, client: Client, cache_bytes: int = 128 * 2**20):
        self._client = client
        self._cache: LRUCache[tuple[str, str], Any] = LRUCache(cache_bytes, getsizeof=_size)
        self._lock = threading.Lock()
        self._touched: TTLCache[str, bool] = TTLCache(TOUCHED_KEYS, TOUCH_SECONDS)

    def which(self, keys: list[str]) -> set[str]:
        """Those of `keys` whose results are there."""
        pipeline = self._client.pipeline(transaction=False)
        for key in keys:
            pipeline.exists(names.result(key))
        return {key for key, there in zip(keys, pipeline.execute(), strict=True) if there}

    def meta(self, key: str) -> dict[str, Any]:
        """The metadata of a result: what its job said of it, and under "arrays" what it holds.

        Raises
        ------
        MissingResult
        """
        return self._cached(key, "meta", lambda: self._read_meta(key))

    def array(self, key: str, name: str) -> np.ndarray:
        """One array of a result, read-only.

        Raises
        ------
        MissingResult
        """
        return self._cached(key, f"array {name}", lambda: self._read_array(key, name))

    def blob(self, key: str, name: str) -> bytes:
        """One piece of a result that was stored as bytes.

        Raises
        ------
        MissingResult
        """
        return self._cached(key, f"blob {name}", lambda: self._read_bytes(key, name))

    def sizes(self) -> dict[str, int]:
        """Bytes of every result, by key."""
        return {key.decode(): int(size) for key, size in self._client.hgetall(names.SIZES).items()}

    def used(self) -> int:
        """Bytes that all results take together."""
        return sum(self.sizes().values())

    def budget(self) -> int | None:
        """Bytes that all results may take together."""
        value = self._client.get(names.BUDGET)
        return None if value is None else int(value)

    def set_budget(self, size: int) -> None:
        Scripts(self._client).note(names.BUDGET, size)

    def stage(self, key: str, attempt: int, contents: Mapping[str, Content]) -> tuple[int, dict[str, Any]]:
        """Writes what an attempt has made beside the results; `Jobs.commit` turns it into the result.

        Returns the bytes written and the description of the arrays that belongs into the metadata.

        Raises
        ------
        OverBudget
            The server itself is out of memory.
        """
        described, total = {}, 0
        staging = names.staging(key, attempt)
        self._client.delete(staging)
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else _npy(content)
            parts = [data[start : start + PART_BYTES] for start in range(0, len(data), PART_BYTES)] or [b""]
            try:
                for number, part in enumerate(parts):
                    self._client.hset(staging, _field(name, number), part)
                    self._client.expire(staging, STAGING_SECONDS)
            except redis.OutOfMemoryError:
                self._client.delete(staging)  # or nobody could even note that the job has failed
                raise OverBudget(
                    "Redis is out of memory although the results' budget is not used up; give the server more "
                    "(maxmemory), or start with a smaller --memory."
                ) from None
            described[name] = {"parts": len(parts), "bytes": len(data)}
            if not isinstance(content, bytes):
                described[name] |= {"dtype": content.dtype.str, "shape": list(content.shape)}
            total += len(data)
        return total, described

    # ---- reading ----

    def _read_meta(self, key: str) -> dict[str, Any]:
        meta = self._client.hget(names.result(key), "meta")
        if meta is None:
            raise MissingResult(f"the result {key[:12]} is not there; it was deleted, or made room for others")
        return json.loads(meta)

    def _read_array(self, key: str, name: str) -> np.ndarray:
        data = self._read_bytes(key, name)
        if "dtype" not in self.meta(key)["arrays"][name]:
            raise MissingResult(f'"{name}" of the result {key[:12]} is stored as bytes and is no array')
        array = np.load(io.BytesIO(data), allow_pickle=False)
        array.flags.writeable = False
        return array

    def _read_bytes(self, key: str, name: str) -> bytes:
        meta = self.meta(key)
        if name not in meta["arrays"]:
            there = ", ".join(sorted(meta["arrays"])) or "none"
            raise MissingResult(f"the result {key[:12]} has no array {json.dumps(name)}; it has: {there}")
        fields = [_field(name, number) for number in range(meta["arrays"][name]["parts"])]
        parts = [self._client.hget(names.result(key), field) for field in fields]
        if None in parts:
            raise MissingResult(f'the result {key[:12]} went while its array "{name}" was read; ask for it again')
        return b"".join(parts)

    def _cached(self, key: str, name: str, read: Callable[[], Any]) -> Any:
        with self._lock:
            value = self._cache.get((key, name))
        if value is None:
            value = read()
            with self._lock:
                if _size(value) <= self._cache.maxsize:
                    self._cache[key, name] = value
        self._touch(key)
        return value

    def _touch(self, key: str) -> None:
        with self._lock:
            if key in self._touched:
                return
            self._touched[key] = True
        # A server that is away or full is no reason not to show what was read before.
        with contextlib.suppress(redis.RedisError):
            seconds, _ = self._client.time()
            # Only "xx": a read must not bring a deleted result back into the list.
            self._client.zadd(names.RESULTS, {key: seconds}, xx=True)


def _field(name: str, number: int) -> str:
    return f"{name}:{number}"


def _npy(array: np.ndarray | np.generic) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return len(value) if isinstance(value, bytes) else 2_000
