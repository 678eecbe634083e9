from workers.kept import KEEP_SECONDS, KeptWork


def test_what_is_kept_is_replaced_read_and_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr("workers.kept.KEEP_SECONDS", 0.0)
    work = KeptWork(tmp_path, "a" * 64)
    assert work.read() is None
    work.keep(1, b"one")
    work.keep(2, b"two")
    assert KeptWork(tmp_path, "a" * 64).read() == b"two"
    assert KeptWork(tmp_path, "b" * 64).read() is None
    assert [file.name for file in (tmp_path / "unfinished").iterdir()] == ["a" * 64]
    work.drop()
    work.drop()
    assert work.read() is None


def test_a_short_job_keeps_nothing(tmp_path, monkeypatch):
    work = KeptWork(tmp_path, "a" * 64)
    work.keep(1, b"one")
    assert work.read() is None
    now = work._noted
    monkeypatch.setattr("workers.kept.time.monotonic", lambda: now + KEEP_SECONDS)
    work.keep(2, b"two")
    work.keep(3, b"three")
    assert work.read() == b"two"
