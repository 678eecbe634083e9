import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.settings import Settings, UsageError, is_loopback, read_settings
from workers.supervisor import ROOT


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in list(os.environ):
        if name.startswith("DARKROOM_") or name == "REDIS_URL":
            monkeypatch.delenv(name)


def test_a_flag_goes_before_the_environment_and_that_before_the_default(monkeypatch):
    assert read_settings([]).port == 8050
    monkeypatch.setenv("DARKROOM_PORT", "8060")
    assert read_settings([]).port == 8060
    assert read_settings().port == 8060
    assert read_settings(["--port", "8070"]).port == 8070
    assert read_settings(["--port=8071"]).port == 8071


def test_every_setting_has_a_default_and_a_description():
    assert Settings().memory <= 4 * 2**30
    assert all(field.description for field in Settings.model_fields.values())


def test_flags_of_many_words_and_without_values(monkeypatch):
    chosen = read_settings(["--no-worker", "--data-dir", "/tmp/x", "--lease-seconds", "2", "--memory", "2GiB"])
    assert (chosen.worker, chosen.data_dir, chosen.lease_seconds, chosen.memory) == (False, Path("/tmp/x"), 2.0, 2**31)
    monkeypatch.setenv("DARKROOM_WORKER", "0")
    assert not read_settings([]).worker
    assert read_settings(["--show-config"]).show_config


def test_the_server_is_named_as_everywhere(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://host/1")
    assert read_settings([]).redis_url.get_secret_value() == "redis://host/1"
    assert read_settings(["--redis-url", "redis://other/1"]).redis_url.get_secret_value() == "redis://other/1"
    monkeypatch.setenv("REDIS_URL", "")  # as compose passes on what is not set
    assert read_settings([]).redis_url is None


def test_the_data_folder_is_the_same_for_children_that_run_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert read_settings(["--data-dir", "here"]).data_dir == tmp_path / "here"
    monkeypatch.setenv("DARKROOM_DATA_DIR", "~/there")
    assert read_settings().data_dir == tmp_path / "home" / "there"
    assert read_settings(["--data-dir", "here"]).environment()["DARKROOM_DATA_DIR"] == str(tmp_path / "here")


def test_files_of_architectures_are_the_same_for_workers_too(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    files = (tmp_path / "nets.py", Path("/far/more.py"))
    assert read_settings(["--models", "nets.py", "--models", "/far/more.py"]).models == files
    assert read_settings(["--models", '["nets.py", "/far/more.py"]']).models == files
    monkeypatch.setenv("DARKROOM_MODELS", '["nets.py"]')
    assert read_settings().models == files[:1]
    assert read_settings([]).environment()["DARKROOM_MODELS"] == f'["{files[0]}"]'
    monkeypatch.delenv("DARKROOM_MODELS")
    assert read_settings([]).models == ()


def test_lists_are_json(monkeypatch):
    monkeypatch.setenv("DARKROOM_TASK_MODULES", '["tests.probe", "workers.tasks"]')
    assert read_settings([]).task_modules == ("tests.probe", "workers.tasks")
    monkeypatch.setenv("DARKROOM_TASK_MODULES", "tests.probe")
    with pytest.raises(UsageError, match=r"task_modules.*; a list is given as JSON, such as"):
        read_settings([])
    with pytest.raises(UsageError, match=r"task_modules.*; a list is given as JSON, such as"):
        read_settings()


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--port", "http"], "--port cannot be 'http': input should be a valid integer"),
    (["--port", "0"], "--port cannot be '0': input should be greater than or equal to 1."),
    (["--port", "65536"], "--port cannot be '65536': input should be less than or equal to 65535."),
    (["--workers", "0"], "--workers cannot be '0': "),
    (["--workers", "65"], "--workers cannot be '65': "),
    (["--memory", "lots"], "--memory cannot be 'lots': "),
    (["--memory", "1MB"], "--memory cannot be '1MB': "),
    (["--lease-seconds", "0"], "--lease-seconds cannot be '0': "),
    (["--max-attempts", "0"], "--max-attempts cannot be '0': "),
    (["--cancel-grace", "-1"], "--cancel-grace cannot be '-1': "),
    (["--log-level", "LOUD"], "--log-level cannot be 'LOUD': "),
    (["--host", "0.0.0.0"], "--host 0.0.0.0 would open the page to other machines; set a password too"),
    (["--host", "example.org"], "--host example.org would open the page"),
    (["--port", "x", "--workers", "y"], "--workers cannot be 'y': "),
])  # fmt: skip
def test_a_bad_value_is_named_in_one_sentence(arguments, sentence):
    with pytest.raises(UsageError) as caught:
        read_settings(arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_bad_value_from_the_environment_is_named_too(monkeypatch):
    monkeypatch.setenv("DARKROOM_PORT", "http")
    with pytest.raises(UsageError, match="--port cannot be 'http'"):
        read_settings()


def test_an_open_page_needs_a_password(monkeypatch):
    assert read_settings(["--host", "0.0.0.0", "--password", "secret"]).password.get_secret_value() == "secret"
    monkeypatch.setenv("DARKROOM_PASSWORD", "secret")
    assert read_settings(["--host", "::"]).host == "::"


@pytest.mark.parametrize(("host", "expected"), [
    ("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True),
    ("0.0.0.0", False), ("::", False), ("192.168.0.1", False), ("example.org", False), ("", False),
])  # fmt: skip
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_secrets_are_not_shown():
    chosen = Settings(password="hush", redis_url="redis://:hush@host/0")
    assert "hush" not in chosen.shown()
    assert "hush" not in repr(chosen)
    lines = dict(line.split(" = ", 1) for line in chosen.shown().splitlines())
    assert lines["password"] == "**********"
    assert lines["port"] == "8050"
    assert "show_config" not in lines


def test_children_get_the_same_settings(tmp_path):
    chosen = Settings(
        host="::1",
        port=8099,
        data_dir=tmp_path / "with space",
        workers=3,
        device="cuda:1",
        memory=123_456_789,
        worker=False,
        password='p"ä ss',
        redis_url="unix:///run/x.sock",
        server=Path("/bin/valkey"),
        allowed_hosts=("a.example", "b.example"),
        lease_seconds=1.5,
        max_attempts=7,
        cancel_grace=2.5,
        task_modules=("tests.probe",),
        models=(tmp_path / "my nets.py",),
        log_level="DEBUG",
    )
    program = "from workers.settings import read_settings; print(repr(read_settings().model_dump()))"
    for settings in (chosen, Settings(data_dir=tmp_path)):
        child = subprocess.run(
            [sys.executable, "-c", program],
            env={"PATH": os.environ["PATH"]} | settings.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert child.stdout.strip() == repr(settings.model_dump())
        program_secrets = (
            "from workers.settings import read_settings as r; s = r(); "
            "print(ascii([x and x.get_secret_value() for x in (s.password, s.redis_url)]))"
        )
        child = subprocess.run(
            [sys.executable, "-c", program_secrets],
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf8"} | settings.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        secrets = [secret and secret.get_secret_value() for secret in (settings.password, settings.redis_url)]
        assert child.stdout.strip() == ascii(secrets)


def test_threads_share_the_cores(monkeypatch):
    monkeypatch.setattr("workers.settings.cores", lambda: 8)
    assert [Settings(workers=n).threads for n in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]
