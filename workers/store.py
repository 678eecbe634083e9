"""The connection to Redis: how patient it is, its scripts, and what its failures are called."""

from functools import cached_property
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import AuthorizationError, NoPermissionError
from redis.retry import Retry

# redis-py types every reply as bytes, str or awaitable; ours are bytes, and checked by the tests.
Client = Any
LUA = Path(__file__).parent / "lua"

# What the page tells the user in a notice, and recovers from by itself.
UNAVAILABLE = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError)
FULL = (redis.OutOfMemoryError,)
# What only somebody else can put right: the password, or what the server lets its user do.
REFUSED = (redis.AuthenticationError, AuthorizationError, NoPermissionError)


def connect(url: str, *, patient: bool) -> Client:
    """A client for the server at `url`.

    Workers are patient: they sit out a restart of the server, for at least a minute, so that an hour of training is not
    lost to it. The page is not: it says within seconds that the server is away, and asks again.
    """
    retry = Retry(ConstantBackoff(0.3), 200) if patient else Retry(NoBackoff(), 1)
    return redis.Redis.from_url(
        url,
        retry=retry,
        retry_on_error=list(UNAVAILABLE) if patient else [redis.ConnectionError],
        socket_timeout=30 if patient else 1.5,
        socket_connect_timeout=5 if patient else 1,
    )


class Scripts:
    """The Lua scripts of `workers/lua`, each loaded with the prelude in front: `scripts("claim", key, ...)`."""

    def __init__(self, client: Client):
        self._client = client
        self._loaded: dict[str, Any] = {}

    @cached_property
    def _prelude(self) -> str:
        return (LUA / "prelude.lua").read_text()

    def __call__(self, name: str, *arguments: str | int | float) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._client.register_script(self._prelude + (LUA / f"{name}.lua").read_text())
        return self._loaded[name](args=arguments)

    def note(self, name: str, value: str | int, *, milliseconds: int = 0, only_new: bool = False) -> bool:
        """Writes a small value, also when the server is out of memory; whether it was written."""
        return bool(self("note", name, value, milliseconds, "new" if only_new else "any"))
