"""A job kind that says what time it is: how late is it when somebody reads it? Workers load this module by name."""

import random
import time
from collections.abc import Mapping

from pydantic import Field

from workers.kinds import Kind, Params, register
from workers.runner import Attempt, Input, Made, runs


class ClockParams(Params):
    reports: int = Field(20, ge=1)
    seconds: float = Field(0.7, gt=0)  # between two reports, on average
    seed: int = 0


register(Kind("bench-clock", "Clock", 1, ClockParams, "batch"))


@runs("bench-clock")
def clock(params: ClockParams, inputs: Mapping[str, Input], attempt: Attempt) -> Made:
    """Reports the time at irregular moments, so that no reader's beat falls in with them."""
    moments = random.Random(params.seed)
    for number in range(params.reports):
        time.sleep(params.seconds * moments.uniform(0.5, 1.5))
        attempt(number / params.reports, f"told at {time.time():.4f}")
    return Made({})
