"""How a program is told to stop."""

import signal
import time


class StopFlag:
    """Set by Ctrl-C and SIGTERM from the moment it is made; `wait` returns when it is.

    A plain flag: an exception out of a signal handler can be lost anywhere, and the lock inside `threading.Event`
    deadlocks when a second signal comes while the first one's handler holds it.
    """

    def __init__(self):
        self._told = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._set)

    def _set(self, *_: object) -> None:
        self._told = True

    def wait(self) -> None:
        """Returns once it is set, within a tenth of a second."""
        while not self._told:
            time.sleep(0.1)
