"""Children must not outlive the process that started them, however it ended.

Standard input of every child is a pipe that the parent never writes to: it closes when the parent is gone. On Linux the
kernel signals the child too, which also reaches one that holds Python's lock in a long computation.

    python -m workers.lifeline COMMAND ...    runs a program that knows nothing of this, such as the server
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def signal_on_parent_death(number: int) -> None:
    """Asks the kernel for `number` when the parent dies; other systems than Linux have the pipe only."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def end_with_parent() -> None:
    """Ends this process at once when its parent is gone. Call early, in the main thread."""
    signal_on_parent_death(signal.SIGKILL)

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def main(command: list[str]) -> int:
    """Runs `command`, passes SIGTERM on, and stops it in order when the parent is gone.

    Should this process be killed itself, the command goes at once: stopping in order it could still remove the socket
    of the one that is started in its place.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: signal_on_parent_death(signal.SIGKILL),  # noqa: PLW1509 (one thread so far)
    )
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.read(0, 1):
            pass
        child.terminate()

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
