import hashlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests import probe
from workers import kinds
from workers.kinds import KINDS, Kind, Params, canonical, job, register
from workers.params import METHODS

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('aä☃ "\\'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_canonical_json_has_one_spelling_and_loses_nothing(value):
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), max_size=6))
def test_the_order_of_parameters_does_not_matter(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(number):
    with pytest.raises(ValueError, match="Out of range"):
        canonical({"rate": number})
    with pytest.raises(ValidationError):
        job("teacher", {"learning_rate": number}, images=job("images"))


def test_a_default_that_is_spelt_out_makes_the_same_key():
    assert job("images").key == job("images", {"source": {"kind": "digits", "test_fraction": 0.2, "seed": 0}}).key
    images = job("images")
    spelt = {name: field.default for name, field in kinds.TeacherParams.model_fields.items()}
    assert job("teacher", images=images).key == job("teacher", spelt, images=images).key


def test_an_integer_where_a_float_is_meant_makes_the_same_key():
    of = job("probe-array", {"bytes": 10})
    assert job("probe-step", {"seconds": 1}, of=of).key == job("probe-step", {"seconds": 1.0}, of=of).key


def test_the_key_is_what_it_always_was():
    """Results are found by their keys: another spelling of the same question would make all of them strangers."""
    images = job("images")
    text = '["images",2,{"source":{"kind":"digits","seed":0,"test_fraction":0.2}},{}]'
    assert images.key == hashlib.sha256(text.encode()).hexdigest()
    text = f'["predictions",2,{{}},{{"images":"{images.key}","teacher":"{job("teacher", images=images).key}"}}]'
    assert job("predictions", images=images, teacher=job("teacher", images=images)).key == (
        hashlib.sha256(text.encode()).hexdigest()
    )
    predictions = job("predictions", images=images, teacher=job("teacher", images=images))
    text = (
        '["embedding",2,{"method":"pca","min_dist":0.1,"n_components":2,"n_neighbors":15,"of":"features",'
        f'"perplexity":30.0,"seed":0}},{{"images":"{images.key}","predictions":"{predictions.key}"}}]'
    )
    assert job("embedding", images=images, predictions=predictions).key == hashlib.sha256(text.encode()).hexdigest()


@given(
    st.integers(0, 5),
    st.integers(0, 5),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.sampled_from(["probe-sleep", "probe-deaf"]),
)
def test_keys_differ_where_the_questions_do(tag, other_tag, seconds, other_seconds, kind):
    one = job(kind, {"tag": str(tag), "seconds": seconds})
    other = job("probe-sleep", {"tag": str(other_tag), "seconds": other_seconds})
    same = kind == "probe-sleep" and (tag, seconds) == (other_tag, other_seconds)
    assert (one.key == other.key) is same


def test_the_key_depends_on_the_inputs_and_the_roles_they_take():
    a, b = (job("probe-step", {"add": add}, of=job("probe-array")) for add in (1, 2))
    keys = {job("probe-sum", left=left, right=right).key for left in (a, b) for right in (a, b)}
    assert len(keys) == 4


def test_a_new_version_makes_new_keys_of_it_and_of_what_is_made_of_it(monkeypatch):
    def ask():
        images = job("images")
        return images.key, job("teacher", images=images).key

    before = ask()
    known = KINDS["images"]
    monkeypatch.setitem(
        KINDS, "images", Kind(known.name, known.title, known.version + 1, known.params, known.queue, size=known.size)
    )
    assert not set(before) & set(ask())


def test_a_deep_graph_of_shared_inputs_has_its_key_at_once():
    spec = job("probe-array")
    left = right = job("probe-step", of=spec)
    chain = kinds.JobSpec("probe-sum", probe.Tagged(), {"left": left, "right": right})
    for _ in range(60):
        chain = kinds.JobSpec("probe-sum", probe.Tagged(), {"left": chain, "right": chain})
    assert len(chain.key) == 64


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda: job("imagse"), r'there is no job kind "imagse"; there are codes, confidence, '),
        (lambda: job("teacher"), r"""takes the inputs {'images': 'images'}, not {}"""),
        (lambda: job("teacher", images=job("probe-array")), r"not {'images': 'probe-array'}"),
        (lambda: job("images", {"sed": 1}), r"sed"),
        (lambda: job("teacher", {"architecture": "alexnet"}, images=job("images")), r"It should be lenet, "),
        (lambda: job("teacher", {"architecture": "my-net@12"}, images=job("images")), r"the whole name of one"),
        (lambda: job("images", {"source": {"kind": "digits", "test_fraction": 1.0}}), r"test_fraction"),
        (lambda: job("images", {"source": {"kind": "mnits"}}), r"'digits', 'mnist'"),
        (lambda: job("images", {"source": {"kind": "folder", "manifest": "../x", "count": 9}}), r"manifest"),
    ],
)
def test_a_wrong_question_is_refused_by_name(ask, complaint):
    with pytest.raises(ValueError, match=complaint):
        ask()


def test_a_kind_is_registered_once():
    with pytest.raises(ValueError, match='"images" is registered twice'):
        register(Kind("images", "Again", 1, Params, "batch"))


def test_every_kind_waits_on_a_queue_that_workers_listen_to():
    asked = {kind.queue_for({"method": method}) for kind in KINDS.values() for method in METHODS}
    assert asked <= set(kinds.QUEUES)
