"""What Darkroom's engine is measured against: plain Celery with its own result backend, and a bare Redis list.

python -m celery -A benchmarks.plain worker ...    a Celery worker; BENCH_BROKER names its server
python -m benchmarks.plain                         answers what is pushed to a list with the time it came
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import redis
from celery import Celery

ASKED, ANSWERED = "bench:asked", "bench:answered"


def make_app(broker: str, late: bool = False, visibility: float = 0.0) -> Celery:
    """A Celery app as its documentation would have it.

    Parameters
    ----------
    late : tasks are acknowledged when they are done, and given back when their worker is lost.
    visibility : seconds after which an unacknowledged task is given out again; 0 is Celery's default, an hour.
    """
    app = Celery("plain", broker=broker, backend=broker, set_as_current=False)
    transport = {"visibility_timeout": visibility, "unacked_restore_interval": 2} if visibility else {}
    app.conf.update(
        accept_content=["json"],
        task_default_queue="plain",
        task_acks_late=late,
        task_reject_on_worker_lost=late,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=transport,
        result_backend_transport_options={},
    )
    return app


app = make_app(
    os.environ.get("BENCH_BROKER", "redis://"),
    late=bool(os.environ.get("BENCH_LATE")),
    visibility=float(os.environ.get("BENCH_VISIBILITY", "0")),
)


@app.task(name="plain.wait")
def wait(seconds: float) -> float:
    """Takes `seconds` and answers when it began."""
    began = time.time()
    time.sleep(seconds)
    return began


@app.task(name="plain.count", ignore_result=True)
def count(number: int, seconds: float) -> None:
    """Takes `seconds` and then notes that task `number` is done."""
    time.sleep(seconds)
    redis.Redis.from_url(os.environ["BENCH_BROKER"]).hincrby("bench:done", str(number), 1)


def asker(broker: str) -> Callable[[float], Any]:
    """What asks a worker on the other side to `wait`; its answer has a `get`."""
    asking = make_app(broker)
    return lambda seconds: asking.send_task(wait.name, args=[seconds])


def main() -> None:
    client = redis.Redis.from_url(os.environ["BENCH_REDIS"])
    while True:
        popped = client.brpop([ASKED])
        assert isinstance(popped, tuple)
        client.rpush(ANSWERED, json.dumps(time.time()))


if __name__ == "__main__":
    main()
