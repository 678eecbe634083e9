"""Built figures are kept: in this process when it serves alone, in Redis as JSON when several do."""

import json

import pytest

from dashboard.server import build
from dashboard.teacher import matrix as matrix_panel
from tests.dashboard.asking import Page
from workers.names import PREFIX


@pytest.fixture
def built(monkeypatch):
    """How often a matrix was built."""
    times = []
    original = matrix_panel.confusion_figure

    def counted(*arguments, **more):
        times.append(arguments)
        return original(*arguments, **more)

    monkeypatch.setattr(matrix_panel, "confusion_figure", counted)
    return times


@pytest.fixture
def study(own, digits):
    own.empty()
    return own.copy_study(digits)


def matrix(own, study, alone, split="test", shade="log"):
    app = build(own.engine, own.settings, alone)
    return lambda: Page(app.server.test_client()).ask(
        "matrix.figure",
        "ready.data",
        ready__data=list(study.keys),
        matrix_split__value=split,
        matrix_shade__value=shade,
        matrix_diagram__value="matrix",
        matrix_cells__value="counts",
        matrix_order__value="class",
        study__data={"id": study.id, "title": study.title, "keys": dict(study.keys)},
    )["matrix"]["figure"]


def kept(client):
    return {key.decode(): client.get(key) for key in client.scan_iter(PREFIX + "cache:*")}


def test_several_processes_share_what_one_has_built(own, study, built):
    first, second = matrix(own, study, alone=False), matrix(own, study, alone=False)
    assert first() == second() == first()
    assert len(built) == 1
    assert matrix(own, study, alone=False, shade="linear")() != first()
    assert len(built) == 2


def test_what_is_kept_in_redis_is_json_and_goes_by_itself(own, study, built):
    figure = matrix(own, study, alone=False)()
    entries = kept(own.engine.client)
    assert any(json.loads(value) == figure for value in entries.values())
    for key, value in entries.items():
        json.loads(value)
        assert b"\x80\x04" not in value[:2]  # how a pickle begins
        assert own.engine.client.ttl(key) > 0


def test_one_process_keeps_its_own_and_writes_nothing(own, study, built):
    first, second = matrix(own, study, alone=True), matrix(own, study, alone=True)
    assert first() == first()
    assert len(built) == 1
    assert second() == first()
    assert len(built) == 2
    assert not kept(own.engine.client)
