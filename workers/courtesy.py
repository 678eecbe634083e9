"""Long work steps aside while a hand moves: on two cores a training would take the half of what decodes an image for it.

Whoever answers calls leaves a mark on the machine's behalf, which goes by itself; long work that finds it rests until it is
gone, but not for ever.
"""

import contextlib
import platform
import threading
import time

import redis

from workers import names
from workers.store import Client

ANSWERING_MS = 2000  # that a mark stays while a call is answered, at most
AFTER_MS = 300  # that it stays after the answer: a hand that moves asks again by then
LOOK_SECONDS = 0.02  # between two looks
MOST_REST_SECONDS = 1.0  # at once, so that work goes on a little under a hand that never rests


def mark() -> str:
    """The name of this machine's mark: the hands of others take nothing from its cores."""
    return names.hand(platform.node())


class Courtesy:
    """That of one worker for long jobs.

    Parameters
    ----------
    client : Client
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._looked = 0.0

    def __call__(self, over: threading.Event) -> None:
        """Rests while a call is answered on this machine, or was just now; ends at once when `over` is set."""
        began = time.monotonic()
        if began - self._looked < LOOK_SECONDS:
            return
        with contextlib.suppress(redis.RedisError):  # a server that is away has no calls
            while time.monotonic() - began < MOST_REST_SECONDS and self._client.exists(mark()):
                if over.wait(LOOK_SECONDS):
                    break
        self._looked = time.monotonic()
