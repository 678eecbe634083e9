import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workers.folder import RECORD, DataFolder, Server
from workers.schema import SCHEMA
from workers.settings import UsageError
from workers.supervisor import ROOT

VALKEY = Server(Path("/bin/valkey-server"), "valkey", "9.1.2")


@pytest.fixture
def used(tmp_path):
    """A folder that a Darkroom has used: the record is there, and a store."""
    folder = DataFolder(tmp_path / "data", "http://127.0.0.1:8050")
    folder.check(VALKEY)
    (folder.path / "store" / "appendonlydir").mkdir()
    yield folder
    folder.release()


def refusal(folder, server=VALKEY):
    with pytest.raises(UsageError) as caught:
        folder.check(server)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def change(folder, **fields):
    record = json.loads((folder.path / RECORD).read_text())
    (folder.path / RECORD).write_text(json.dumps(record | fields))


def test_a_new_folder_is_made_for_this_user_only(tmp_path):
    folder = DataFolder(tmp_path / "a" / "b", "here")
    assert {path.name for path in folder.path.iterdir()} == {"run", "store", "logs"}
    assert {path.stat().st_mode & 0o777 for path in (folder.path, *folder.path.iterdir())} == {0o700}
    folder.check(VALKEY)
    assert json.loads((folder.path / RECORD).read_text()) == {
        "darkroom": "0.1.0",
        "schema": SCHEMA,
        "server": "valkey",
        "server_version": "9.1.2",
    }
    folder.release()


def test_a_folder_that_is_in_use_says_by_whom(used):
    with pytest.raises(UsageError) as caught:
        DataFolder(used.path, "http://127.0.0.1:8051")
    assert str(caught.value).startswith(
        f"the data folder {used.path} is in use by process {os.getpid()}, which serves http://127.0.0.1:8050 since "
    )
    (used.path / "run" / "holder.json").write_text("[]")
    with pytest.raises(UsageError, match="is in use by another process; stop that one, or choose another"):
        DataFolder(used.path, "http://127.0.0.1:8051")


def test_the_hold_ends_with_the_process(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from workers.folder import DataFolder; "
        "held = DataFolder(Path(sys.argv[1]), 'there'); print('held', flush=True); os.read(0, 1); os.kill(os.getpid(), 9)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert child.stdout.readline() == "held\n"
    with pytest.raises(UsageError, match=f"by process {child.pid}, which serves there since"):
        DataFolder(tmp_path, "here")
    child.communicate("x")
    DataFolder(tmp_path, "here").release()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "data", Path("/proc/data")):
        with pytest.raises(
            UsageError, match=rf"the data folder {path} cannot be written \(.*\); choose another with --data-"
        ):
            DataFolder(path, "here")


def test_the_same_and_a_newer_server_are_let_in(used):
    used.check(VALKEY)
    used.check(replace(VALKEY, version="9.10.0"))  # not a matter of letters
    assert json.loads((used.path / RECORD).read_text())["server_version"] == "9.10.0"


def test_an_older_server_is_refused(used):
    used.check(replace(VALKEY, version="9.10.0"))
    assert "was written by valkey 9.10.0, newer than the 9.1.2 here" in refusal(used)


def test_another_server_is_refused(used):
    sentence = refusal(used, Server(Path("/bin/redis-server"), "redis", "9.9.9"))
    assert (
        "was written by valkey 9.1.2 and redis 9.9.9 cannot open it; name the former with DARKROOM_SERVER" in sentence
    )


def test_a_newer_schema_is_refused(used):
    change(used, schema=SCHEMA + 1, darkroom="7.0")
    assert f"has schema {SCHEMA + 1} of Darkroom 7.0, newer than this" in refusal(used)


@pytest.mark.parametrize("record", [None, "", "[]", "{}", '{"server": "valkey"}'])
def test_a_store_of_unknown_origin_is_refused(used, record):
    if record is None:
        (used.path / RECORD).unlink()
    else:
        (used.path / RECORD).write_text(record)
    assert f"holds a store but no {RECORD} that says who wrote it" in refusal(used)


def test_what_is_refused_is_left_as_it_was(used):
    change(used, schema=SCHEMA + 1)
    before = (used.path / RECORD).read_text()
    refusal(used)
    assert (used.path / RECORD).read_text() == before
