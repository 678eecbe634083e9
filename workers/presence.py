"""Who is there: each worker says so every two seconds, with its version, queues and what it offers."""

import contextlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from workers import __version__, names
from workers.kinds import BUILT_IN, KINDS
from workers.store import Client, Scripts

BEAT_SECONDS = 2.0
SILENT_SECONDS = 8.0


def code_version() -> str:
    """What must be equal in the page and in its workers: the release, and the versions of its own kinds."""
    kinds = " ".join(f"{name}-{KINDS[name].version}" for name in BUILT_IN)
    return f"{__version__} ({kinds})"


@dataclass(frozen=True)
class Worker:
    """What a worker last said of itself."""

    name: str
    version: str
    queues: tuple[str, ...]
    device: str
    pid: int
    job: str = ""


class Presence:
    """Announces one worker until it ends."""

    def __init__(self, client: Client, worker: Worker):
        self._client = client
        self._scripts = Scripts(client)
        self._worker = worker

    def announce(self) -> None:
        """Says once that the worker is there; the record expires when it falls silent."""
        said = {
            "version": self._worker.version,
            "queues": ",".join(self._worker.queues),
            "device": self._worker.device,
            "pid": self._worker.pid,
        }
        fields = [part for field in said.items() for part in field]
        self._scripts("announce", self._worker.name, int(SILENT_SECONDS * 1000), *fields)

    def beat(self, stop: threading.Event) -> None:
        """Announces until `stop`; a server that is away is waited for."""
        while True:
            with contextlib.suppress(redis.RedisError):
                self.announce()
            if stop.wait(BEAT_SECONDS):
                return

    def idle(self) -> None:
        """Notes that the worker has no job now."""
        self._client.hdel(names.worker(self._worker.name), "job", "attempt")


def workers_present(client: Client) -> list[Worker]:
    """The workers that are alive; forgets those that fell silent."""
    listed = [name.decode() for name in client.zrange(names.WORKERS, 0, -1)]
    pipeline = client.pipeline(transaction=False)
    for name in listed:
        pipeline.hgetall(names.worker(name))
    present = []
    for name, record in zip(listed, pipeline.execute(), strict=True):
        if b"version" not in record:
            client.zrem(names.WORKERS, name)
            continue
        fields = {key.decode(): value.decode() for key, value in record.items()}
        present.append(
            Worker(
                name,
                fields["version"],
                tuple(fields["queues"].split(",")),
                fields["device"],
                int(fields["pid"]),
                fields.get("job", ""),
            )
        )
    return present


def publish_refusal(client: Client, reason: str) -> None:
    """Tells the page why no worker can start, for as long as this is repeated."""
    Scripts(client).note(names.REFUSAL, reason, milliseconds=int(SILENT_SECONDS * 1000))


def read_refusal(client: Client) -> str:
    """Why workers cannot start, as those who started them say now; empty when nobody says so."""
    return (client.get(names.REFUSAL) or b"").decode()


def publish_choices(client: Client, choices: Mapping[str, Any]) -> None:
    """Tells the page what the workers offer (architectures with their traced layers, image sets)."""
    Scripts(client).note(names.CHOICES, json.dumps(choices))


def read_choices(client: Client) -> dict[str, Any]:
    """What the workers offer; empty while none has ever started."""
    return json.loads(client.get(names.CHOICES) or b"{}")
