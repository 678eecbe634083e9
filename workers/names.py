"""Names of everything Darkroom keeps in Redis, in one place.

The Lua scripts in `workers/lua` spell the same names; both begin with `PREFIX`.
"""

PREFIX = "darkroom:"

SCHEMA = PREFIX + "schema"
OPEN_JOBS = PREFIX + "open"  # set: keys of jobs that are waiting, queued or running
RECENT_JOBS = PREFIX + "recent"  # sorted set: job keys by the time of their last submission
RESULTS = PREFIX + "results"  # sorted set: result keys by the time of their last use
SIZES = PREFIX + "sizes"  # hash: result key -> bytes
BUDGET = PREFIX + "budget"  # bytes that results may take together
STUDIES = PREFIX + "studies"  # hash: study id -> JSON
PINNED = PREFIX + "pinned"  # set: ids of pinned studies
WORKERS = PREFIX + "workers"  # sorted set: worker names, in the order of their letters
CHOICES = PREFIX + "choices"  # JSON: what the workers offer (architectures, image sets, ...)
REFUSAL = PREFIX + "refusal"  # string: why workers cannot start; expires with those who started them
WELCOMED = PREFIX + "welcomed"  # string: id of the study that this store began with, once that has been made
RECONCILER = PREFIX + "reconciler"  # lock: the one worker that reconciles
SWEEPER = PREFIX + "sweeper"  # there for an hour after the data folder was swept


def job(key: str) -> str:
    """Hash: a job's record."""
    return f"{PREFIX}job:{key}"


def metrics(key: str) -> str:
    """List: a job's metric points, JSON, oldest first."""
    return f"{PREFIX}metrics:{key}"


def log(key: str) -> str:
    """List: the last lines of a job's log."""
    return f"{PREFIX}log:{key}"


def waiters(key: str) -> str:
    """Set: the keys of jobs that wait for a result."""
    return f"{PREFIX}waiters:{key}"


def result(key: str) -> str:
    """Hash: a result's arrays in parts and, written last, its `meta`."""
    return f"{PREFIX}result:{key}"


def staging(key: str, attempt: int) -> str:
    """Hash: what one attempt has written so far; becomes the result when it commits."""
    return f"{PREFIX}staging:{key}:{attempt}"


def preview(key: str) -> str:
    """Hash: name -> .npy bytes of what a running job has so far; goes with the attempt."""
    return f"{PREFIX}preview:{key}"


def study_keys(study_id: str) -> str:
    """Set: the result keys of a study."""
    return f"{PREFIX}study:{study_id}:keys"


def worker(name: str) -> str:
    """Hash: what a worker says of itself; expires when it falls silent."""
    return f"{PREFIX}worker:{name}"


def selection(selection_id: str) -> str:
    """String: JSON of a selection of images, by content."""
    return f"{PREFIX}selection:{selection_id}"


def saved(images: str) -> str:
    """Hash: the saved selections of an image set: name -> JSON of what a list says of one."""
    return f"{PREFIX}saved:{images}"


def saved_contents(images: str) -> str:
    """Hash: the same selections whole: name -> JSON."""
    return f"{PREFIX}saved:{images}:contents"


def call(call_id: str) -> str:
    """String: exists while somebody still waits for the answer to a call."""
    return f"{PREFIX}call:{call_id}"


def reply(call_id: str) -> str:
    """List: the one answer to a call."""
    return f"{PREFIX}reply:{call_id}"


def latest_call(tab: str, name: str) -> str:
    """Counter: the newest request of one kind that a browser tab has made."""
    return f"{PREFIX}latest:{tab}:{name}"


def hand(machine: str) -> str:
    """String: exists while calls are answered on a machine, and a moment longer."""
    return f"{PREFIX}hand:{machine}"
