"""What pages ask for and workers do, done by hand: jobs of the probe kinds, and how they are finished."""

import numpy as np

from tests import probe  # registers its kinds
from workers.kinds import job
from workers.runner import Runner

assert probe

NEVER = 5  # what the teacher of `learned` never answers


def sleeper(tag="", seconds=1.0):
    return job("probe-sleep", {"tag": tag, "seconds": seconds})


def diamond(tag=""):
    """One array, two steps made of it, and their sum."""
    of = job("probe-array", {"tag": tag})
    left, right = (job("probe-step", {"tag": tag, "add": add}, of=of) for add in (1, 2))
    return of, left, right, job("probe-sum", {"tag": tag}, left=left, right=right)


def finish(jobs, results, spec, arrays=None):
    """What a worker does with a job: claim, stage, commit."""
    record = jobs.claim(spec.key, "somebody")
    assert record is not None
    size, described = results.stage(spec.key, record.attempt, arrays or {"x": b"data"})
    assert jobs.commit(spec.key, record.attempt, size, {"arrays": described}) == "ok"


def states(jobs, *specs):
    return [jobs.get(spec.key).state for spec in specs]


def told(jobs, results, probabilities, labels=None, n_train=0, **more):
    """Probabilities (N, K) of images that nobody has seen, as if workers had made them: both inputs of what is made of
    predictions. Of another number of images, or other labels, they are another study's."""
    count, n_classes = probabilities.shape
    images = job("images", {"source": {"kind": "digits", "seed": 2 * count + (labels is None)}})
    predictions = job("predictions", images=images, teacher=job("teacher", images=images))
    known = {} if labels is None else {"labels": labels}
    said = {"probabilities": probabilities.astype(np.float32), "predicted": probabilities.argmax(axis=1), **more}
    facts = {"count": count, "n_train": n_train, "n_classes": n_classes}
    for spec, arrays in ((images, known), (predictions.inputs["teacher"], {}), (predictions, said)):
        jobs.submit(spec)
        attempt = jobs.claim(spec.key, "somebody").attempt
        size, described = results.stage(spec.key, attempt, arrays)
        assert jobs.commit(spec.key, attempt, size, {"arrays": described, **facts}) == "ok"
    return {"images": images, "predictions": predictions}


def complaint(jobs, results, spec):
    """What a job that cannot be done says of it."""
    jobs.submit(spec)
    Runner(jobs, results, "here", 60.0, {}).run(spec.key)
    record = jobs.get(spec.key)
    assert record.state == "failed"
    return record.error
