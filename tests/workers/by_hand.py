"""What pages ask for and workers do, done by hand: jobs of the probe kinds, and how they are finished."""

from tests import probe  # registers its kinds
from workers.kinds import job

assert probe


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
