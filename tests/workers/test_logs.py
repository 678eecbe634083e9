import logging

import pytest

from workers import logs


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:], root.level = before


def test_an_event_is_a_line_in_the_processes_own_file(tmp_path):
    logs.configure("page", tmp_path / "logs")
    logging.getLogger("darkroom.job").info("job=%s started", "abc")
    logging.getLogger("darkroom.job").debug("not told")
    logging.getLogger("celery.worker").info("not told")
    (line,) = (tmp_path / "logs" / "page.log").read_text().splitlines()
    assert line.endswith("INFO darkroom.job job=abc started")


def test_the_files_do_not_grow_without_bound(tmp_path):
    logs.configure("page", tmp_path)
    for _ in range(9000):
        logging.getLogger("darkroom").info("x" * 1000)
    assert {path.name for path in tmp_path.iterdir()} == {"page.log", "page.log.1", "page.log.2"}
    assert all(path.stat().st_size <= 2_000_000 for path in tmp_path.iterdir())


def test_without_a_folder_events_go_to_standard_error(capsys):
    logs.configure("page", None, "DEBUG")
    logging.getLogger("darkroom").debug("told")
    assert "DEBUG darkroom told" in capsys.readouterr().err
