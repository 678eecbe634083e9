"""The command line: `app.py` as a user starts it, with workers of the probe kinds where it needs any."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import psutil
import pytest
import redis
from gunicorn.arbiter import Arbiter

from app import in_background, page
from tests import probe
from tests.engines import Store, gone, wait_until
from workers.embedded import find_server
from workers.engine import Engine
from workers.folder import DataFolder
from workers.kinds import job
from workers.settings import Settings
from workers.store import connect
from workers.supervisor import ROOT

assert probe

BARE = {name: value for name, value in os.environ.items() if not name.startswith("DARKROOM_") and name != "REDIS_URL"}
PROBES = {"DARKROOM_TASK_MODULES": '["tests.probe"]', "PYTHONPATH": str(ROOT)}


def free_port():
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return probing.getsockname()[1]


class App:
    """A running `app.py`."""

    def __init__(self, folder, *flags, **environment):
        self.folder = folder
        self.port = free_port()
        command = [sys.executable, "app.py", "--data-dir", str(folder), "--port", str(self.port), *flags]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=BARE | PROBES | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def ready(self):
        line = self._lines.get(timeout=30)
        assert line.startswith(f"Darkroom is at http://127.0.0.1:{self.port}"), line
        return self

    def health(self):
        """What /health says, and its status; (None, 0) while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as answer:
                return json.load(answer), answer.status
        except urllib.error.HTTPError as error:
            return json.load(error), error.code
        except OSError:
            return None, 0

    def working(self):
        """Waits until the workers are there."""
        wait_until(lambda: (self.health()[0] or {}).get("workers") == 3, 40, "three workers")
        return self

    def child(self, name):
        """The pid of one of its children, as noted in the data folder."""
        return json.loads((self.folder / "run" / f"{name}.pid.json").read_text())["pid"]

    def descendants(self):
        return [process.pid for process in psutil.Process(self.process.pid).children(recursive=True)]

    @property
    def engine(self):
        url = f"unix://{self.folder}/run/server.sock"
        return Engine.connect(Settings(data_dir=self.folder), url, patient=True)

    def end(self, number=signal.SIGTERM, seconds=20):
        self.process.send_signal(number)
        return self.process.wait(seconds)


@pytest.fixture
def start(tmp_path):
    """Starts apps, and ends them all."""
    started = []

    def begin(*flags, folder=None, **environment):
        started.append(App(folder or tmp_path / "data", *flags, **environment))
        return started[-1]

    yield begin
    for app in started:
        if app.process.poll() is None:
            app.process.kill()
            app.process.wait()


def refusal(*flags, **environment):
    """What a start that must fail says: one line, no traceback, exit code 2."""
    told = subprocess.run(
        [sys.executable, "app.py", *flags],
        cwd=ROOT, env=BARE | PROBES | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 2, told.stderr
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1, told.stderr
    assert told.stderr.startswith("darkroom: ")
    return told.stderr


# ---- what cannot be started ----


def test_a_port_that_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        sentence = refusal("--data-dir", str(tmp_path), "--port", port)
    assert sentence == (
        f"darkroom: cannot serve on 127.0.0.1 port {port} (address already in use); choose another with --port.\n"
    )


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    sentence = refusal("--data-dir", str(tmp_path / "file" / "data"), "--port", str(free_port()))
    assert f"the data folder {tmp_path}/file/data cannot be written (not a directory); choose another" in sentence


def test_a_folder_with_a_store_of_unknown_origin(tmp_path):
    (tmp_path / "store" / "appendonlydir").mkdir(parents=True)
    assert "holds a store but no darkroom.json" in refusal("--data-dir", str(tmp_path), "--port", str(free_port()))


def test_a_server_that_is_not_there(tmp_path):
    flags = ("--data-dir", str(tmp_path), "--port", str(free_port()))
    assert "no Redis server answers at redis://127.0.0.1:1/0" in refusal(*flags, REDIS_URL="redis://127.0.0.1:1/0")
    assert "REDIS_URL is not an address" in refusal(*flags, REDIS_URL="localhost:6379")


@pytest.mark.parametrize(("url", "why"), [
    ("localhost:6379", "REDIS_URL is not an address: "),
    ("redis://here:port/0", "REDIS_URL is not an address: "),
    ("", "REDIS_URL is not set; a page in several processes needs a server of its own."),
])  # fmt: skip
def test_a_page_of_several_processes_says_what_is_wrong_with_its_address(url, why, monkeypatch, capsys):
    monkeypatch.setenv("REDIS_URL", url)
    with pytest.raises(SystemExit) as ended:
        page()
    assert ended.value.code == Arbiter.APP_LOAD_ERROR  # it does not try again
    told = capsys.readouterr().err
    assert told.startswith(f"darkroom: {why}")
    assert told.count("\n") == 1


def test_a_server_that_refuses_the_password(tmp_path):
    store = Store(tmp_path / "store", memory=2**26).start()
    try:
        connect(store.url, patient=True).config_set("requirepass", "right")
        url = store.url.replace("unix://", "unix://:wrong-one@")
        sentence = refusal("--data-dir", str(tmp_path), "--port", str(free_port()), REDIS_URL=url)
        assert "check the password in REDIS_URL" in sentence
        assert "wrong-one" not in sentence
    finally:
        store.stop()


def test_a_store_of_a_newer_release(tmp_path, store, client):
    client.set("darkroom:schema", 99)
    flags = ("--data-dir", str(tmp_path), "--port", str(free_port()), "--no-worker")
    assert "the store has schema 99" in refusal(*flags, REDIS_URL=store.url)


def test_a_server_that_is_out_of_memory(tmp_path):
    store = Store(tmp_path / "store", memory=2**26).start()
    try:
        connect(store.url, patient=True).config_set("maxmemory", 1)
        sentence = refusal("--data-dir", str(tmp_path), "--port", str(free_port()), REDIS_URL=store.url)
        assert "server.sock is out of memory; give it more (maxmemory), or empty it of other things.\n" in sentence
    finally:
        store.stop()


@pytest.mark.parametrize(("flags", "why"), [
    (("--port", "http"), "--port cannot be 'http'"),
    (("--host", "0.0.0.0"), "set a password too"),
    (("--server", "/bin/true"), "/bin/true is not a Redis or Valkey server that runs here"),
])  # fmt: skip
def test_a_setting_that_makes_no_sense(flags, why, tmp_path):
    assert why in refusal(*flags, "--data-dir", str(tmp_path))


def test_the_configuration_is_shown_without_secrets(tmp_path):
    told = subprocess.run(
        [sys.executable, "app.py", "--show-config", "--port", "8099"],
        cwd=ROOT, env=BARE | {"DARKROOM_PASSWORD": "hush"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "port = 8099\n" in told.stdout
    assert "hush" not in told.stdout


# ---- what is started ----


@pytest.mark.slow
def test_the_page_and_its_process_know_no_torch(store):
    program = (
        "import sys; from workers.settings import Settings; from workers.engine import Engine\n"
        "from dashboard.server import build\n"
        "settings = Settings(redis_url=sys.argv[1])\n"
        "build(Engine.connect(settings, sys.argv[1], patient=False), settings)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'torch', 'models', 'sklearn', 'scipy'}))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, store.url], cwd=ROOT, env=BARE, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everything_is_stopped_in_order(start, number):
    app = start().ready().working()
    pids = app.descendants()
    assert len(pids) == 5  # server and its lifeline, two workers and one for calls
    engine = app.engine
    key = engine.jobs.submit(job("probe-sleep", {"seconds": 60}))
    wait_until(lambda: engine.jobs.get(key).state == "running")
    began = time.monotonic()
    assert app.end(number) == 0
    assert time.monotonic() - began < 30
    assert all(gone(pid) for pid in pids)
    assert app.process.stderr.read() == ""
    assert not list((app.folder / "run").glob("*.pid.json"))
    assert not (app.folder / "run" / "server.sock").exists()
    assert "User requested shutdown" in (app.folder / "logs" / "server.log").read_text() or (
        "Received SIGTERM" in (app.folder / "logs" / "server.log").read_text()
    )

    again = start("--no-worker").ready()
    assert again.engine.jobs.get(key).state == "queued"  # handed back, to be done when there are workers
    assert again.end() == 0


@pytest.mark.slow
def test_a_kill_leaves_no_orphans_and_what_was_made_is_there_at_the_next_start(start):
    app = start(DARKROOM_LEASE_SECONDS="60").ready().working()
    key = app.engine.jobs.submit(job("probe-array", {"bytes": 5_000_000, "value": 7}))
    running = app.engine.jobs.submit(job("probe-sleep", {"seconds": 3}))
    wait_until(lambda: app.engine.jobs.get(key).state == "done")
    wait_until(lambda: app.engine.jobs.get(running).state == "running")
    pids = app.descendants()
    app.end(signal.SIGKILL)
    wait_until(lambda: all(gone(pid) for pid in pids), what="no orphans")

    app = start(DARKROOM_LEASE_SECONDS="60").ready().working()
    assert app.engine.results.array(key, "values").tolist()[-1] == 7
    wait_until(lambda: app.engine.jobs.get(running).state == "done", 45)  # sooner than its lease ends
    assert app.engine.jobs.get(running).commits == 1
    assert app.end() == 0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 0.7, 1.0, 1.3, 1.6, 2.0, 2.5])
def test_a_kill_during_the_start_is_made_good_by_the_next(start, seconds):
    app = start()
    time.sleep(seconds)
    pids = app.descendants()
    app.end(signal.SIGKILL)
    again = start("--no-worker").ready()
    wait_until(lambda: [study.title for study in again.engine.studies.all()] == ["Digits"])
    assert all(gone(pid) for pid in pids)
    assert again.end() == 0


@pytest.mark.slow
def test_workers_that_cannot_start_are_told_of_once_and_not_started_again(start):
    app = start(DARKROOM_TASK_MODULES='["tests.nowhere"]').ready()
    reason = (
        'the module "tests.nowhere" of --task-modules cannot be imported (ModuleNotFoundError: '
        "No module named 'tests.nowhere'); correct it, or name another."
    )
    engine = app.engine
    wait_until(lambda: engine.health().refusal == reason)
    wait_until(lambda: not list((app.folder / "run").glob("[wc]*.pid.json")), what="the end of all three")
    assert len(app.descendants()) == 2  # the server and its lifeline
    assert app.health()[1] == 200
    assert app.end() == 0
    assert app.process.stderr.read() == f"darkroom: no worker can start: {reason}\n"
    assert "No module named" in (app.folder / "logs" / "worker-1.log").read_text()


def test_a_store_that_cannot_be_prepared_yet_is_asked_again_and_again(monkeypatch, caplog):
    monkeypatch.setattr("app.BACKOFF", (0.01, 0.02))
    answers = [redis.ConnectionError("away")] * 3 + [redis.OutOfMemoryError("full")] * 3 + [None]
    refused = []

    def prepare():
        if answer := answers.pop(0):
            raise answer

    in_background(prepare, refused.append)
    wait_until(lambda: not answers)
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["away", "full"]
    assert refused == []


@pytest.mark.slow
def test_a_store_that_cannot_be_used_is_told_of_on_the_terminal_and_on_the_page(start, tmp_path):
    held = DataFolder(tmp_path / "data", "a test")
    held.check(find_server(Settings()))
    held.release()
    store = Store(held.path, memory=2**26).start()
    connect(store.url, patient=True).set("darkroom:schema", 99)
    store.stop()
    app = start(folder=held.path).ready()
    assert "the store has schema 99" in wait_until(lambda: app.engine.health().refusal)
    assert app.end() == 0
    assert app.process.stderr.read().startswith("darkroom: no worker can start: the store has schema 99 and this Dark")


def test_a_second_start_on_the_same_folder_is_told_where_the_first_is(start):
    app = start("--no-worker").ready()
    sentence = refusal("--data-dir", str(app.folder), "--port", str(free_port()))
    assert f"is in use by process {app.process.pid}, which serves http://127.0.0.1:{app.port} since" in sentence
    assert app.health()[1] == 200
    assert app.end() == 0


@pytest.mark.slow
def test_dead_children_are_replaced_while_the_page_goes_on(start):
    app = start().ready().working()
    engine = app.engine
    key = engine.jobs.submit(job("probe-sleep", {"seconds": 3}))
    wait_until(lambda: engine.jobs.get(key).state == "running")
    old = {name: app.child(name) for name in ("server", "worker-2", "calls")}

    os.kill(old["worker-2"], signal.SIGKILL)
    os.kill(old["calls"], signal.SIGKILL)
    wait_until(lambda: engine.jobs.get(key).state == "done")
    assert engine.jobs.get(key).attempt == 2

    psutil.Process(old["server"]).children()[0].kill()  # the server itself; its lifeline ends with it
    wait_until(lambda: app.health()[1] == 503 or app.child("server") != old["server"])
    wait_until(lambda: app.health()[1] == 200)
    assert all(app.child(name) != pid for name, pid in old.items())
    later = engine.jobs.submit(job("probe-empty"))
    wait_until(lambda: engine.jobs.get(later).state == "done")
    assert engine.calls.ask("probe-wait", {"answer": "here"}, "tab", timeout=20) == "here"
    assert app.end() == 0


@pytest.mark.slow
def test_with_a_server_elsewhere_nothing_is_embedded_and_it_lives_on(start, tmp_path):
    store = Store(tmp_path / "store", memory=2**26).start()
    try:
        app = start(REDIS_URL=store.url).ready().working()
        assert len(app.descendants()) == 3
        assert app.end() == 0
        assert connect(store.url, patient=True).ping()
    finally:
        store.stop()
