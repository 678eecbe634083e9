import json
from dataclasses import replace

import pytest

from tests import probe
from workers.jobs import OutdatedJob, UnknownJob
from workers.kinds import KINDS, job
from workers.studies import FIRST_STUDY, Studies, digits_study

assert probe


@pytest.fixture
def studies(client, jobs):
    return Studies(client, jobs)


def two(tag):
    of = job("probe-array", {"tag": "shared"})
    return {"of": of, "step": job("probe-step", {"tag": tag}, of=of)}


def finish(jobs, results, key):
    attempt = jobs.claim(key, "somebody").attempt
    size, described = results.stage(key, attempt, {"x": bytes(100)})
    jobs.commit(key, attempt, size, {"arrays": described})


def test_the_digits_study_is_a_chain_and_always_the_same():
    specs = digits_study()
    assert list(specs) == ["images", "teacher", "predictions", "embedding"]
    assert specs["predictions"].inputs["teacher"].key == specs["teacher"].key
    assert specs["embedding"].inputs["predictions"].key == specs["predictions"].key
    assert {role: spec.key for role, spec in digits_study({"seed": 0}, {"epochs": 12}).items()} == {
        role: spec.key for role, spec in specs.items()
    }
    assert digits_study({"seed": 1})["predictions"].key != specs["predictions"].key
    assert FIRST_STUDY[0] == "Digits"


def test_a_study_is_remembered_and_its_jobs_are_asked_for(studies, jobs):
    specs = two("a")
    study = studies.create("First", specs)
    assert study.keys == {role: spec.key for role, spec in specs.items()}
    assert list(study.keys) == ["of", "step"]
    assert (study.title, study.pinned, study.id) == ("First", False, specs["step"].key[:12])
    assert [jobs.get(key).state for key in study.keys.values()] == ["queued", "waiting"]
    assert studies.get(study.id) == study
    assert abs(study.created - jobs.now()) < 5
    with pytest.raises(KeyError, match="there is no study nowhere"):
        studies.get("nowhere")


def test_an_equal_study_is_attached_to(studies, bells):
    first = studies.create("First", two("a"))
    assert studies.create("Second", two("a")) == first
    assert len(bells) == 1
    other = studies.create("Third", two("b"))
    assert [study.id for study in studies.all()] == [first.id, other.id]


def test_cancel_and_retry_a_study(studies, jobs, results):
    study = studies.create("First", two("a"))
    finish(jobs, results, study.keys["of"])
    studies.cancel(study)
    assert [jobs.get(key).state for key in study.keys.values()] == ["done", "cancelled"]
    studies.retry(study)
    assert [jobs.get(key).state for key in study.keys.values()] == ["done", "queued"]
    assert jobs.get(study.keys["of"]).attempt == 1


def test_deleting_a_study_keeps_what_another_one_holds(studies, jobs, results):
    first, second = studies.create("First", two("a")), studies.create("Second", two("b"))
    for key in (first.keys["of"], first.keys["step"], second.keys["step"]):
        finish(jobs, results, key)
    assert studies.delete(first.id) == 100
    assert [study.id for study in studies.all()] == [second.id]
    assert results.which([*first.keys.values(), second.keys["step"]]) == set(second.keys.values())
    assert studies.delete(second.id) == 200
    assert results.used() == 0
    assert studies.delete("nowhere") == 0


def test_deleting_a_study_stops_its_open_jobs(studies, jobs):
    study = studies.create("First", two("a"))
    studies.pin(study.id)
    assert studies.get(study.id).pinned
    studies.delete(study.id)
    assert {jobs.get(key).state for key in study.keys.values()} == {"cancelled"}
    assert jobs.open_keys() == set()
    assert not studies.create("First", two("a")).pinned  # a new one begins anew


def test_a_further_job_becomes_part_of_a_study(studies, jobs, results):
    study = studies.create("First", two("a"))
    further = job("probe-step", {"tag": "further"}, of=jobs.spec(study.keys["of"]))
    grown = studies.add(study.id, "further", further)
    assert list(grown.keys.items()) == [*study.keys.items(), ("further", further.key)]
    assert (studies.get(study.id), grown.id, grown.title) == (grown, study.id, "First")
    assert jobs.get(further.key).state == "waiting"
    assert studies.add(study.id, "further", further) == grown  # asked for again, it is there
    for key in grown.keys.values():
        finish(jobs, results, key)
    assert studies.delete(study.id) == 300


def test_a_study_is_renamed(studies):
    study = studies.create("First", two("a"))
    studies.pin(study.id)
    renamed = studies.rename(study.id, "  Second  ")
    assert renamed == studies.get(study.id) == replace(study, title="Second", pinned=True)
    assert studies.rename(study.id, "x" * 80).title == "x" * 80
    with pytest.raises(ValueError, match=r"^a title has 1 to 80 characters, this one has 81$"):
        studies.rename(study.id, "x" * 81)
    with pytest.raises(ValueError, match="this one has 0"):
        studies.rename(study.id, " \n ")
    assert studies.get(study.id).title == "x" * 80
    with pytest.raises(KeyError, match="there is no study nowhere"):
        studies.rename("nowhere", "Third")


def test_what_each_study_holds(studies):
    assert studies.held() == {}
    first, second = studies.create("First", two("a")), studies.create("Second", two("b"))
    assert studies.held() == {study.id: set(study.keys.values()) for study in (first, second)}
    studies.add(first.id, "step", job("probe-array", {"tag": "c"}))
    assert studies.held()[first.id] > set(first.keys.values())  # what the role stood for before is held too


def test_two_may_add_to_a_study_at_once(studies, client, monkeypatch):
    """The other one writes after this one has read."""
    study = studies.create("First", two("a"))
    others = iter([lambda: Studies(client, studies._jobs).add(study.id, "theirs", job("probe-array", {"tag": "b"}))])
    loads = json.loads

    def read_slowly(text):
        for other in others:
            other()
        return loads(text)

    monkeypatch.setattr("workers.studies.json.loads", read_slowly)
    assert set(studies.add(study.id, "ours", job("probe-array", {"tag": "c"})).keys) == {"of", "step", "ours", "theirs"}


def test_nothing_is_added_to_a_study_that_is_gone(studies, jobs):
    spec = job("probe-array", {"tag": "d"})
    with pytest.raises(KeyError, match="there is no study nowhere"):
        studies.add("nowhere", "further", spec)
    assert studies.all() == []
    assert jobs.open_keys() == set()


def test_a_job_is_read_back_as_it_was_asked_for(studies, jobs, monkeypatch):
    of = job("probe-array", {"tag": "e"}, place="/somewhere")
    step = job("probe-step", {"add": 2}, of=of)
    jobs.submit(step)
    assert jobs.spec(step.key) == step
    assert jobs.spec(step.key).inputs["of"].place == "/somewhere"
    with pytest.raises(UnknownJob, match="there is no job nowhere"):
        jobs.spec("nowhere")
    monkeypatch.setitem(KINDS, "probe-array", replace(KINDS["probe-array"], version=2))
    with pytest.raises(OutdatedJob, match="was asked for by another version of Darkroom"):
        jobs.spec(step.key)
