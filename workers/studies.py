"""Studies: an image set, a teacher and what was made of them, under one name.

A study is remembered by its id, which is made of what it asks for, so two people who ask for the same get the same
study and the same results.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workers import names
from workers.jobs import Jobs
from workers.kinds import JobSpec, job
from workers.store import Client, Scripts

LONGEST_TITLE = 80  # characters


@dataclass(frozen=True)
class Study:
    """A named graph of results; `keys` maps roles ("images", "teacher", "predictions", "embedding") to result keys, in
    the order in which they are made. One result may play two roles."""

    id: str
    title: str
    keys: Mapping[str, str]
    created: float = 0.0
    pinned: bool = False


def digits_study(
    images: Mapping[str, Any] | None = None, teacher: Mapping[str, Any] | None = None
) -> dict[str, JobSpec]:
    """The jobs of the study that every new data folder starts with, by role: LeNet on scikit-learn's digits."""
    image_set = job("images", {"source": {"kind": "digits"} | dict(images or {})})
    return teacher_study(image_set, job("teacher", teacher, images=image_set))


def teacher_study(images: JobSpec, teacher: JobSpec) -> dict[str, JobSpec]:
    """The jobs of a study of this teacher, by role: what it says of the images, and a map of them."""
    predictions = job("predictions", images=images, teacher=teacher)
    return {
        "images": images,
        "teacher": teacher,
        "predictions": predictions,
        "embedding": job("embedding", images=images, predictions=predictions),
    }


def given_study(params: Mapping[str, Any], place: str) -> dict[str, JobSpec]:
    """The jobs of a study of predictions alone, by role: one whose result plays two roles, and a map of what the file
    says; `place` is the file's."""
    given = job("given", params, place=place)
    of = "logits" if params["has_logits"] else "probabilities"
    mapped = job("embedding", {"of": of}, images=given, predictions=given)
    return {"images": given, "predictions": given, "embedding": mapped}


# Title and jobs of the study that a new store begins with.
FIRST_STUDY = ("Digits", digits_study())


def id_of(specs: Mapping[str, JobSpec]) -> str:
    """The id of a study of these jobs: the key of its last one, shortened."""
    return list(specs.values())[-1].key[:12]


class Studies:
    """The studies of a store."""

    def __init__(self, client: Client, jobs: Jobs):
        self._client = client
        self._jobs = jobs
        self._scripts = Scripts(client)

    def create(self, title: str, specs: Mapping[str, JobSpec]) -> Study:
        """Remembers a study and submits its jobs; an equal one that exists already is attached to."""
        keys = {role: spec.key for role, spec in specs.items()}
        made = id_of(specs)
        record = {"title": title, "keys": keys, "created": self._jobs.now()}
        self._client.sadd(names.study_keys(made), *keys.values())
        self._client.hsetnx(names.STUDIES, made, json.dumps(record))
        for spec in specs.values():
            self._jobs.submit(spec)
        return self.get(made)

    def add(self, study_id: str, role: str, spec: JobSpec) -> Study:
        """Submits a further job and remembers it under a role of a study. What the role stood for before stays the
        study's until it is deleted.

        Raises
        ------
        KeyError
            The study is gone.
        """

        def put(fields: dict[str, Any]) -> None:
            fields["keys"][role] = spec.key

        self._change(study_id, put, spec.key)
        self._jobs.submit(spec)
        return self.get(study_id)

    def rename(self, study_id: str, title: str) -> Study:
        """Gives a study another title; what it is made of, and its id, stay.

        Raises
        ------
        KeyError
            The study is gone.
        ValueError
            The title is empty or too long.
        """
        title = title.strip()
        if not 1 <= len(title) <= LONGEST_TITLE:
            raise ValueError(f"a title has 1 to {LONGEST_TITLE} characters, this one has {len(title)}")
        self._change(study_id, lambda fields: fields.update(title=title))
        return self.get(study_id)

    def _change(self, study_id: str, change: Callable[[dict[str, Any]], None], *keys: str) -> None:
        """Has `change` alter the record of a study, which comes to hold these result keys too."""

        def write(pipeline: Client) -> None:
            record = pipeline.hget(names.STUDIES, study_id)
            if record is None:
                raise _no_study(study_id)
            fields = json.loads(record)
            change(fields)
            pipeline.multi()
            if keys:
                pipeline.sadd(names.study_keys(study_id), *keys)
            pipeline.hset(names.STUDIES, study_id, json.dumps(fields))

        # Read again when somebody else has written meanwhile, so that neither change is lost.
        self._client.transaction(write, names.STUDIES)

    def get(self, study_id: str) -> Study:
        """One study.

        Raises
        ------
        KeyError
        """
        record = self._client.hget(names.STUDIES, study_id)
        if record is None:
            raise _no_study(study_id)
        return _read(study_id, record, bool(self._client.sismember(names.PINNED, study_id)))

    def all(self) -> list[Study]:
        """Every study, oldest first."""
        pinned = {study.decode() for study in self._client.smembers(names.PINNED)}
        records = self._client.hgetall(names.STUDIES)
        studies = [_read(key.decode(), value, key.decode() in pinned) for key, value in records.items()]
        return sorted(studies, key=lambda study: study.created)

    def held(self) -> dict[str, set[str]]:
        """The keys that each study holds, those that its roles stood for before among them: study id -> keys."""
        known = [study.decode() for study in self._client.hkeys(names.STUDIES)]
        pipeline = self._client.pipeline(transaction=False)
        for study_id in known:
            pipeline.smembers(names.study_keys(study_id))
        return {
            study_id: {key.decode() for key in keys} for study_id, keys in zip(known, pipeline.execute(), strict=True)
        }

    def retry(self, study: Study) -> None:
        """Asks again for every result of the study that is not there."""
        for key in study.keys.values():
            self._jobs.retry(key)

    def cancel(self, study: Study) -> None:
        """Stops whatever of the study is still open."""
        for key in study.keys.values():
            self._jobs.cancel(key)

    def pin(self, study_id: str, pinned: bool = True) -> None:
        """Protects the results of a study from being evicted, or no longer."""
        (self._client.sadd if pinned else self._client.srem)(names.PINNED, study_id)

    def delete(self, study_id: str) -> int:
        """Deletes a study and those of its results that no other study holds; returns the bytes freed."""
        return int(self._scripts("delete", study_id))


def _no_study(study_id: str) -> KeyError:
    return KeyError(f"there is no study {study_id}")


def _read(study_id: str, record: bytes, pinned: bool) -> Study:
    fields = json.loads(record)
    return Study(study_id, fields["title"], fields["keys"], fields["created"], pinned)
