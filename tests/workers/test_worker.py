"""What a worker finds out before it hears any bell; what it then does is tested by its fleet."""

import os
import subprocess
import sys

import pytest

from workers.settings import Settings, UsageError
from workers.supervisor import CANNOT_START, ROOT
from workers.worker import load_tasks


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Settings that name a module of the given source."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source):
        name = f"tasks_{len(source)}_of_{tmp_path.name.replace('-', '_')}"
        (tmp_path / f"{name}.py").write_text(source)
        return Settings(task_modules=(name,), device="cuda")

    return write


def test_modules_say_what_they_offer(module):
    source = "describe = lambda settings: {'device': settings.device, 'choices': {'a': [1]}, 'made_by': {'by': 'hand'}}"
    assert load_tasks(module(source)) == {"device": "cuda", "choices": {"a": [1]}, "made_by": {"by": "hand"}}
    assert load_tasks(module("")) == {"device": "none", "choices": {}, "made_by": {}}


@pytest.mark.parametrize(("source", "why"), [
    ("import tests.nowhere", r"cannot be imported \(ModuleNotFoundError: No module named 'tests.nowhere'\); correct it"),
    ("def (", r"cannot be imported \(SyntaxError: "),
    ("raise ImportError('first\\n\\nsecond')", r"cannot be imported \(ImportError: first\); correct it, or name another"),
    ("def describe(settings): raise ValueError(f'device {settings.device!r} is not here; try auto.')",
     r"^device 'cuda' is not here; try auto\.$"),
])  # fmt: skip
def test_what_would_go_wrong_each_time_is_refused_in_a_sentence(module, source, why):
    with pytest.raises(UsageError, match=why) as caught:
        load_tasks(module(source))
    assert "\n" not in str(caught.value)


def test_what_may_be_over_next_time_is_not(module):
    with pytest.raises(MemoryError):
        load_tasks(module("raise MemoryError"))
    with pytest.raises(RuntimeError):
        load_tasks(module("def describe(settings): raise RuntimeError('the device is busy')"))


def test_a_worker_that_cannot_start_has_an_exit_code_of_its_own(tmp_path):
    environment = os.environ | {
        "REDIS_URL": "redis://127.0.0.1:1",
        "DARKROOM_DATA_DIR": str(tmp_path),
        "DARKROOM_TASK_MODULES": '["tests.nowhere"]',
    }
    with subprocess.Popen(
        [sys.executable, "-m", "workers.worker", "alone@here", "batch"],
        env=environment, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        told = worker.stderr.read()
    assert (worker.returncode, told.count("\n")) == (CANNOT_START, 1)
    assert told.startswith('darkroom: no worker can start: the module "tests.nowhere" of --task-modules cannot')
