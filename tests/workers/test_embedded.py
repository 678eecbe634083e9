import os
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
import redis

from tests.engines import Store, gone, wait_until
from workers import embedded
from workers.embedded import find_server, server_child, wait_for_server
from workers.settings import Settings, UsageError
from workers.store import connect

REFUSED = "is not a Redis or Valkey server that runs here; correct DARKROOM_SERVER"


def configuration(folder):
    return (folder / "run" / "server.conf").read_text()


def laid_out(folder):
    for name in ("run", "store", "logs"):
        (folder / name).mkdir(parents=True, mode=0o700)
    return folder


def test_the_bundled_server_is_found():
    server = find_server(Settings())
    assert (server.name, server.version.split(".")[0]) == ("valkey", "9")
    assert server.executable.is_absolute()


def test_another_server_is_named_by_path_or_by_name(monkeypatch, tmp_path):
    bundled = find_server(Settings()).executable
    (tmp_path / "my-server").symlink_to(bundled)
    monkeypatch.chdir(tmp_path)
    assert find_server(Settings(server=Path("./my-server"))).executable == tmp_path / "my-server"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server(Settings(server=Path("my-server"))).executable == tmp_path / "my-server"


@pytest.mark.parametrize(("program", "why"), [
    ("/nowhere/server", "there is no program /nowhere/server to run as server; correct DARKROOM_SERVER"),
    ("/bin/true", REFUSED),
    ("/etc/passwd", "there is no program /etc/passwd"),
])  # fmt: skip
def test_what_is_no_server_is_refused(program, why):
    with pytest.raises(UsageError, match=why):
        find_server(Settings(server=Path(program)))


def test_a_program_of_another_machine_is_refused(tmp_path):
    (tmp_path / "server").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "server").chmod(0o755)
    with pytest.raises(UsageError, match=REFUSED):
        find_server(Settings(server=tmp_path / "server"))


def test_the_server_listens_on_a_private_socket_and_nowhere_else(store):
    assert store.url == f"unix://{store.settings.data_dir}/run/server.sock"
    path = store.settings.data_dir / "run"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((path / "server.sock").stat().st_mode) == 0o700
    assert stat.S_IMODE((path / "server.conf").stat().st_mode) == 0o600
    listening = [c for c in psutil.Process(store.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening == []
    assert not {"requirepass", "port"} & set(" ".join(psutil.Process(store.pid).cmdline()).split())


def test_the_server_keeps_all_it_is_given_until_it_is_full(client):
    told = client.config_get()
    assert (told["appendonly"], told["appendfsync"], told["maxmemory-policy"]) == ("yes", "everysec", "noeviction")
    assert int(told["maxmemory"]) == int(2**28 * 1.25) + 64 * 2**20


def test_a_long_path_moves_the_socket_to_the_temporary_folder(tmp_path):
    folder = tmp_path / ("x" * 100)
    store = Store(folder, memory=2**26).start()
    try:
        path = Path(store.url.removeprefix("unix://"))
        assert path.parent.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert redis.Redis.from_url(store.url).ping()
    finally:
        store.stop()
        path.parent.rmdir()


@pytest.mark.parametrize("obstacle", ["long", "open to others", "not a folder"])
def test_without_a_private_short_path_there_is_a_port_with_a_password(tmp_path, monkeypatch, obstacle):
    folder = laid_out(tmp_path / ("x" * 100))
    if obstacle == "long":
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / ("y" * 100)))
    else:
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
        monkeypatch.setattr(embedded, "SOCKET_PATH_LIMIT", len(bytes(tmp_path)) + 50)
        _, url = server_child(Settings(), find_server(Settings()), folder)
        taken = Path(url.removeprefix("unix://")).parent
        taken.rmdir()
        if obstacle == "not a folder":
            (tmp_path / "elsewhere").mkdir(mode=0o700)
            taken.symlink_to(tmp_path / "elsewhere")
        else:
            taken.mkdir()
            taken.chmod(0o777)

    child, url = server_child(Settings(memory=2**26), find_server(Settings()), folder)
    assert url.startswith("redis://:")
    assert "@127.0.0.1:" in url
    assert "bind 127.0.0.1\n" in configuration(folder)
    process = subprocess.Popen(child.command, stdin=subprocess.PIPE)
    try:
        wait_for_server(url)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url("redis://127.0.0.1:" + url.rpartition(":")[2]).ping()
        secret = url.removeprefix("redis://:").partition("@")[0]
        assert secret not in " ".join(child.command)
        _, other = server_child(Settings(), find_server(Settings()), folder)
        assert secret not in other  # each start has its own
    finally:
        process.terminate()
        process.wait()


def test_a_folder_with_an_odd_name(tmp_path):
    store = Store(tmp_path / 'a "b" \\ c ä', memory=2**26).start()
    try:
        client = connect(store.url, patient=True)
        client.set("x", 1)
        assert client.config_get("dir")["dir"] == str(tmp_path / 'a "b" \\ c ä' / "store")
        assert (store.settings.data_dir / "logs" / "server.log").exists()
    finally:
        store.stop()


def test_a_server_that_does_not_come_is_told_with_where_to_look(tmp_path):
    with pytest.raises(
        UsageError, match=r"the embedded server did not answer within 0\.2 s \(.*\); logs/server\.log in the"
    ):
        wait_for_server(f"unix://{tmp_path}/server.sock", 0.2)


def test_what_was_answered_survives_a_kill_of_the_server(tmp_path):
    store = Store(tmp_path, memory=2**26).start()
    client = connect(store.url, patient=True)
    for number in range(500):
        client.set(f"key-{number}", number)
    store.kill()
    store.start()
    assert client.get("key-499") == b"499"
    assert client.dbsize() == 500
    store.stop()
    store.start()
    assert client.dbsize() == 500
    store.stop()


def test_a_patient_client_sits_out_a_restart_and_an_impatient_one_does_not(tmp_path):
    store = Store(tmp_path, memory=2**26).start()
    patient, impatient = connect(store.url, patient=True), connect(store.url, patient=False)
    patient.set("x", 1)
    impatient.get("x")
    store.kill()
    began = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        impatient.get("x")
    assert time.monotonic() - began < 5
    threading.Timer(1.0, store.start).start()
    assert patient.get("x") == b"1"
    assert impatient.get("x") == b"1"
    store.stop()


def test_the_server_leaves_no_socket_and_no_process_behind(tmp_path):
    store = Store(tmp_path, memory=2**26).start()
    pid = store.pid
    store.stop()
    assert gone(pid)
    assert not (tmp_path / "run" / "server.sock").exists()


def test_the_server_goes_when_its_lifeline_is_killed(tmp_path):
    store = Store(tmp_path, memory=2**26).start()
    pid = store.pid
    os.kill(store._process.pid, 9)
    store._process.wait()
    wait_until(lambda: gone(pid))
