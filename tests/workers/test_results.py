import io
import json
import threading

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests import probe
from tests.engines import Store
from workers import names
from workers.engine import Engine
from workers.kinds import job
from workers.results import PART_BYTES, MissingResult, OverBudget, Results
from workers.settings import Settings
from workers.store import connect
from workers.studies import Studies

assert probe


def put(jobs, results, contents, tag="", meta=None):
    """Stores `contents` as a job's result; returns its key."""
    spec = job("probe-sleep", {"tag": tag})
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, described = results.stage(spec.key, attempt, contents)
    assert jobs.commit(spec.key, attempt, size, (meta or {}) | {"arrays": described}) == "ok"
    return spec.key


arrays = hnp.arrays(
    dtype=st.sampled_from(["bool", "i1", "u1", "i4", "i8", "f4", "f8", ">f4", "c8", "U5", "M8[s]"]),
    shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)


@given(stored=st.dictionaries(st.text("ab c/:é", max_size=4), arrays | st.binary(), max_size=3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_stored_comes_back_equal(jobs, results, client, stored):
    client.flushall()
    key = put(jobs, results, stored)
    reader = Results(client)
    described = reader.meta(key)["arrays"]
    assert described.keys() == stored.keys()
    for name, content in stored.items():
        if isinstance(content, bytes):
            assert reader.blob(key, name) == content
            continue
        found = reader.array(key, name)
        assert (found.dtype, found.shape) == (content.dtype, content.shape)
        assert found.tobytes() == content.tobytes()
        assert (described[name]["dtype"], described[name]["shape"]) == (content.dtype.str, list(content.shape))


@pytest.mark.parametrize("length", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])
def test_large_things_are_stored_in_parts_of_4_mb(jobs, results, client, length):
    data = np.random.default_rng(0).bytes(length)
    key = put(jobs, results, {"x": data})
    n_parts = max(1, -(-length // PART_BYTES))
    assert results.meta(key)["arrays"]["x"] == {"parts": n_parts, "bytes": length}
    assert results.blob(key, "x") == data
    assert max(client.hstrlen(names.result(key), field) for field in client.hkeys(names.result(key))) <= PART_BYTES


def test_an_array_of_several_parts_and_one_in_another_order(jobs, results):
    large = np.arange(2_000_000, dtype=np.int64)
    turned = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    key = put(jobs, results, {"large": large, "turned": turned, "slice": large[::1000]})
    assert np.array_equal(results.array(key, "large"), large)
    assert np.array_equal(results.array(key, "turned"), turned)
    assert np.array_equal(results.array(key, "slice"), large[::1000])


def test_what_is_read_cannot_be_changed(jobs, results):
    key = put(jobs, results, {"x": np.zeros(3)})
    with pytest.raises(ValueError, match="read-only"):
        results.array(key, "x")[0] = 1


def test_missing_things_are_named(jobs, results):
    key = put(jobs, results, {"labels": np.zeros(3), "images": np.zeros(3), "page": b"PNG"})
    with pytest.raises(MissingResult) as caught:
        results.array(key, "lables")
    assert str(caught.value) == f'the result {key[:12]} has no array "lables"; it has: images, labels, page'
    with pytest.raises(MissingResult) as caught:
        results.meta("f" * 64)
    assert str(caught.value) == "the result ffffffffffff is not there; it was deleted, or made room for others"
    with pytest.raises(MissingResult, match=f'"page" of the result {key[:12]} is stored as bytes and is no array'):
        results.array(key, "page")
    assert results.blob(key, "page") == b"PNG"
    assert results.blob(key, "labels").startswith(b"\x93NUMPY")


def test_a_result_that_goes_while_it_is_read(jobs, results, client):
    key = put(jobs, results, {"x": np.zeros(3)})
    results.meta(key)
    client.delete(names.result(key))
    with pytest.raises(MissingResult, match="went while its array"):
        results.array(key, "x")
    with pytest.raises(MissingResult, match="is not there"):
        Results(client).meta(key)


def test_nothing_is_pickled(jobs, results, client):
    with pytest.raises(ValueError, match="allow_pickle=False"):
        put(jobs, results, {"x": np.array([{"a": 1}], dtype=object)})
    key = put(jobs, results, {"x": np.zeros(1)}, tag="other")
    trap = io.BytesIO()
    np.save(trap, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    client.hset(names.result(key), "x:0", trap.getvalue())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        results.array(key, "x")


def test_a_process_keeps_what_it_read_up_to_its_bound(jobs, client, results):
    keys = [put(jobs, results, {"x": np.zeros(1000)}, tag=str(number)) for number in range(5)]  # 8,000 bytes each
    reader = Results(client, cache_bytes=30_000)
    first = reader.array(keys[0], "x")
    assert reader.array(keys[0], "x") is first
    for key in keys:
        reader.array(key, "x")
        assert reader._cache.currsize <= 30_000
    assert reader.array(keys[0], "x") is not first
    large = put(jobs, results, {"x": np.zeros(10_000)}, tag="large")
    assert reader.array(large, "x").shape == (10_000,)  # larger than all that may be kept, and yet readable
    assert reader._cache.currsize <= 30_000


def test_what_was_read_is_shown_while_the_server_is_away(jobs, results, client, monkeypatch):
    key = put(jobs, results, {"x": np.arange(3)})
    results.array(key, "x")
    results._touched.clear()

    def away():
        raise redis.ConnectionError("away")

    monkeypatch.setattr(client, "time", away)
    assert results.array(key, "x").tolist() == [0, 1, 2]


def test_many_threads_read_at_once(jobs, results, client):
    keys = [put(jobs, results, {"x": np.full(1000, number)}, tag=str(number)) for number in range(10)]
    reader, wrong = Results(client, cache_bytes=40_000), []

    def read(seed):
        rng = np.random.default_rng(seed)
        for number in rng.integers(0, 10, 100):
            if reader.array(keys[number], "x")[0] != number:
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---- the budget ----


def test_sizes_are_those_of_what_is_stored(jobs, results):
    key = put(jobs, results, {"x": bytes(1234), "y": b""})
    assert results.sizes() == {key: 1234}
    assert results.used() == 1234
    assert results.which([key, "f" * 64]) == {key}
    assert results.budget() == 2**27


def test_the_least_recently_used_makes_room(jobs, results, client):
    results.set_budget(3000)
    keys = [put(jobs, results, {"x": bytes(1000)}, tag=str(number)) for number in range(3)]
    Results(client).blob(keys[0], "x")  # another process reads the oldest
    client.zadd(names.RESULTS, {keys[0]: jobs.now() + 1})  # (uses are told apart by the second)
    new = put(jobs, results, {"x": bytes(1000)}, tag="new")
    assert results.which([*keys, new]) == {keys[0], keys[2], new}
    assert results.used() == 3000
    assert jobs.get(keys[1]).state == "done"  # the record outlives the result
    jobs.submit(job("probe-sleep", {"tag": "1"}))
    assert jobs.get(keys[1]).state == "queued"


def test_reading_counts_as_use(jobs, results, client):
    key = put(jobs, results, {"x": bytes(10)})
    client.zadd(names.RESULTS, {key: 1})
    reader = Results(client)
    reader.blob(key, "x")
    assert abs(client.zscore(names.RESULTS, key) - jobs.now()) < 5
    reader._touched.clear()
    client.zadd(names.RESULTS, {key: 1})
    reader.blob(key, "x")  # out of this process's own memory, which is a use too
    assert client.zscore(names.RESULTS, key) > 1
    client.delete(names.result(key))
    client.zrem(names.RESULTS, key)
    reader._touched.clear()
    reader.blob(key, "x")
    assert client.zscore(names.RESULTS, key) is None  # nor does it bring back what is gone


def test_nothing_is_dropped_when_even_that_would_not_do(jobs, results):
    results.set_budget(3000)
    keys = [put(jobs, results, {"x": bytes(1000)}, tag=str(number)) for number in range(3)]
    assert not jobs.reserve(3001)
    assert results.which(keys) == set(keys)
    assert jobs.reserve(3000)
    assert results.which(keys) == set()


def test_a_commit_over_budget_leaves_nothing_behind(jobs, results, client):
    results.set_budget(1000)
    spec = job("probe-sleep")
    jobs.submit(spec)
    attempt = jobs.claim(spec.key, "somebody").attempt
    size, described = results.stage(spec.key, attempt, {"x": bytes(1001)})
    assert jobs.commit(spec.key, attempt, size, {"arrays": described}) == "full"
    assert not client.exists(names.staging(spec.key, attempt))
    assert jobs.get(spec.key).state == "running"  # it is for the worker to say why
    assert results.used() == 0


def test_pinned_studies_and_inputs_of_open_jobs_stay(jobs, results, client):
    results.set_budget(4000)
    of = job("probe-array")
    waiting = job("probe-step", of=of)
    free, pinned = job("probe-sleep", {"tag": "free"}), job("probe-sleep", {"tag": "pinned"})
    studies = Studies(client, jobs)
    study = studies.create("Pinned", {"only": pinned})
    studies.pin(study.id)
    for spec in (of, pinned, free):
        jobs.submit(spec)
        attempt = jobs.claim(spec.key, "somebody").attempt
        size, described = results.stage(spec.key, attempt, {"x": bytes(1000)})
        jobs.commit(spec.key, attempt, size, {"arrays": described})
    jobs.submit(waiting)
    everything = [of.key, pinned.key, free.key]

    assert not jobs.reserve(2001)
    assert results.which(everything) == set(everything)
    assert jobs.reserve(2000)
    assert results.which(everything) == {of.key, pinned.key}
    studies.pin(study.id, False)
    assert jobs.reserve(3000)
    assert results.which(everything) == {of.key}
    jobs.cancel(waiting.key)
    assert jobs.reserve(4000)
    assert results.which(everything) == set()


# ---- a server that is itself full ----


@pytest.fixture
def small(tmp_path):
    """A server with 8 MB, although the engine believes that it has 64."""
    store = Store(tmp_path, memory=2**26).start()
    client = connect(store.url, patient=False)
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) + 8 * 2**20)
    engine = Engine(client, store.url, Settings(data_dir=tmp_path, lease_seconds=1))
    engine.results.set_budget(2**26)
    yield engine
    store.stop()


def fill(client):
    with pytest.raises(redis.OutOfMemoryError):  # noqa: PT012 (one of them is too much)
        for number in range(10_000):
            client.set(f"filling-{number}", bytes(10_000))


def test_a_full_server_is_seen_and_a_job_can_still_fail_and_say_why(small):
    assert not small.health().full
    spec = job("probe-sleep")
    small.jobs.submit(spec)
    attempt = small.jobs.claim(spec.key, "somebody").attempt
    with pytest.raises(OverBudget, match="Redis is out of memory although the results' budget is not used up"):
        small.results.stage(spec.key, attempt, {"x": bytes(20_000_000)})
    assert not small.client.exists(names.staging(spec.key, attempt))

    fill(small.client)
    health = small.health()
    assert (health.reachable, health.full) == (True, True)
    assert small.jobs.report(spec.key, attempt, {"fraction": 0.5}, [{"loss": 1.0}]) == "ok"
    assert small.jobs.fail(spec.key, attempt, "No room.", ["a line"]) == "ok"
    assert small.jobs.get(spec.key).error == "No room."


def test_in_a_full_server_one_can_read_cancel_and_delete(small):
    spec = job("probe-sleep")
    study = small.studies.create("Only", {"only": spec})
    attempt = small.jobs.claim(spec.key, "somebody").attempt
    size, described = small.results.stage(spec.key, attempt, {"x": np.arange(100_000)})
    other = job("probe-sleep", {"tag": "other"})
    small.jobs.submit(other)
    fill(small.client)
    assert small.jobs.commit(spec.key, attempt, size, {"arrays": described}) == "ok"
    assert small.results.array(spec.key, "x")[-1] == 99_999
    assert small.jobs.cancel(other.key) == "queued"
    small.jobs.reconcile()
    assert small.studies.delete(study.id) == size
    small.client.set("there is", "room again")


def test_metadata_is_json(jobs, results, client):
    key = put(jobs, results, {}, meta={"accuracy": 0.5, "names": ["a", "é"]})
    assert json.loads(client.hget(names.result(key), "meta"))["names"] == ["a", "é"]
    assert results.meta(key) == {"accuracy": 0.5, "names": ["a", "é"], "arrays": {}}
