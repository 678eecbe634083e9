"""Live calls: one small question to a worker that keeps the study's models warm, answered while the user looks.

A call is not a job: it has no key and no record. The newest request of a browser tab wins; older ones that have not
been started are answered as superseded. An answer nobody fetches is gone after ten seconds.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from celery import Celery

from workers import names
from workers.celery import ANSWER_CALL
from workers.courtesy import AFTER_MS, ANSWERING_MS, mark
from workers.kinds import CALLS
from workers.store import Client

logger = logging.getLogger("darkroom.call")

REPLY_SECONDS = 10
STARTED = "started"


class NoAnswer(Exception):
    """No worker answered in time; the message says what to look at."""


class CallFailed(Exception):
    """The worker answered that the question cannot be answered; the message says why."""


class Superseded(Exception):
    """The same tab has asked a newer question of the same kind."""


class Calls:
    """Asks, on the side of the page."""

    def __init__(self, client: Client, celery: Celery):
        self._client = client
        self._celery = celery

    def ask(self, name: str, params: Mapping[str, Any], tab: str, timeout: float = 5.0) -> Any:
        """The answer to call `name`, as decoded JSON.

        Raises
        ------
        NoAnswer, CallFailed, Superseded
        """
        call_id = uuid.uuid4().hex
        latest = names.latest_call(tab, name)
        pipeline = self._client.pipeline(transaction=False)
        pipeline.incr(latest)
        pipeline.expire(latest, 60)
        pipeline.set(names.call(call_id), 1, px=int(timeout * 1000))
        number = pipeline.execute()[0]
        self._celery.send_task(ANSWER_CALL, args=[call_id, name, dict(params), latest, number], queue=CALLS)
        answer, deadline = None, time.monotonic() + timeout
        while answer is None and (left := deadline - time.monotonic()) > 0:
            # In turns that are shorter than the socket's time-out; 0 would be for ever.
            answer = self._client.brpop([names.reply(call_id)], timeout=max(0.01, min(0.5, left)))
            if answer is None and self._superseded(call_id, latest, number):
                raise Superseded(name)  # though no worker is there to say so: the page's threads are few
        if answer is None:
            self._client.delete(names.call(call_id))
            raise NoAnswer(
                f"no worker answered within {timeout:g} s; see whether one is running that listens to calls, then repeat"
            )
        reply = json.loads(answer[1])
        if reply.get("superseded"):
            raise Superseded(name)
        if "error" in reply:
            raise CallFailed(reply["error"])
        return reply["value"]

    def _superseded(self, call_id: str, latest: str, number: int) -> bool:
        """Whether a newer request was made before a worker began with this one."""
        newest, state = self._client.mget(latest, names.call(call_id))
        return newest is not None and int(newest) > number and state != STARTED.encode()


def answer_call(client: Client, answer: Callable[[], Any], call_id: str, latest: str, number: int) -> None:
    """Runs `answer` for one call, unless nobody waits for it any more, and sends back what it returns."""
    newest, waited_for = (
        client.pipeline(transaction=False)
        .get(latest)
        .set(names.call(call_id), STARTED, xx=True, keepttl=True)
        .set(mark(), 1, px=ANSWERING_MS)
        .execute()[:2]
    )
    if not waited_for:
        return
    if newest is not None and int(newest) > number:
        reply = json.dumps({"superseded": True})
    else:
        try:
            reply = json.dumps({"value": answer()})
        except Exception as error:  # the asker is told; the worker lives on
            logger.exception("call=%s failed", call_id)
            reply = json.dumps({"error": str(error) or type(error).__name__})
    pipeline = client.pipeline(transaction=False)
    pipeline.rpush(names.reply(call_id), reply)
    pipeline.expire(names.reply(call_id), REPLY_SECONDS)
    pipeline.set(mark(), 1, px=AFTER_MS)
    pipeline.execute()
