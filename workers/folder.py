"""The data folder: who holds it, and which server, version and schema wrote it."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from workers import __version__
from workers.schema import SCHEMA
from workers.settings import UsageError

RECORD = "darkroom.json"
HOLDER = "run/holder.json"


@dataclass(frozen=True)
class Server:
    """The program that keeps the store: its file, its name ("valkey" or "redis") and version."""

    executable: Path
    name: str
    version: str


class DataFolder:
    """A data folder that this process holds until `release`, or until it ends.

    Raises
    ------
    UsageError
        The folder cannot be written, is held by another process, or was not made by a Darkroom that this one can follow.
    """

    def __init__(self, path: Path, address: str):
        self.path = path.expanduser().absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in ("run", "store", "logs"):
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
            if not os.access(self.path, os.W_OK):
                raise PermissionError(f"no permission to write in {self.path}")
            (self.path / "run" / "writable").touch()
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(
                f"the data folder {self.path} cannot be written ({reason.lower()}); choose another with --data-dir."
            ) from None
        self._lock = FileLock(self.path / "run" / "lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"the data folder {self.path} is in use {self._holder()}; stop that one, or choose "
                "another with --data-dir."
            ) from None
        self._write(HOLDER, {"pid": os.getpid(), "address": address, "since": time.strftime("%Y-%m-%d %H:%M:%S")})

    def release(self) -> None:
        self._lock.release()

    def check(self, server: Server) -> None:
        """Makes sure that `server` can read what stands here, and notes that it will have written it.

        A server opens what another kind, or a newer version, has written as an empty store, silently: so it is asked
        here first.

        Raises
        ------
        UsageError
        """
        record = self._read(RECORD, "darkroom", "schema", "server", "server_version")
        has_store = any((self.path / "store").iterdir())
        if record is None and has_store:
            raise UsageError(
                f"the data folder {self.path} holds a store but no {RECORD} that says who wrote it; choose another "
                "with --data-dir."
            )
        if record is not None:
            if record["server"] != server.name:
                raise UsageError(
                    f"the data folder {self.path} was written by {record['server']} {record['server_version']} and "
                    f"{server.name} {server.version} cannot open it; name the former with DARKROOM_SERVER, or choose "
                    "another folder with --data-dir."
                )
            if _numbers(record["server_version"]) > _numbers(server.version):
                raise UsageError(
                    f"the data folder {self.path} was written by {server.name} {record['server_version']}, newer than "
                    f"the {server.version} here; update it, or choose another folder with --data-dir."
                )
            if record["schema"] > SCHEMA:
                raise UsageError(
                    f"the data folder {self.path} has schema {record['schema']} of Darkroom {record['darkroom']}, newer "
                    f"than this {__version__} (schema {SCHEMA}); update Darkroom, or choose another with --data-dir."
                )
        self._write(
            RECORD,
            {
                "darkroom": __version__,
                "schema": SCHEMA,
                "server": server.name,
                "server_version": server.version,
            },
        )

    def _holder(self) -> str:
        holder = self._read(HOLDER, "pid", "address", "since")
        if holder is None:
            return "by another process"
        return f"by process {holder['pid']}, which serves {holder['address']} since {holder['since']}"

    def _read(self, name: str, *fields: str) -> dict | None:
        """A record with all of `fields`; None when there is none."""
        try:
            record = json.loads((self.path / name).read_text())
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and record.keys() >= set(fields) else None

    def _write(self, name: str, record: dict) -> None:
        fresh = self.path / f"{name}.new"
        fresh.write_text(json.dumps(record, indent=1))
        fresh.replace(self.path / name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
