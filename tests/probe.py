"""Job kinds and calls for tests and benchmarks: they take time, fail, die and do not listen, and need no torch.

A worker gets them by DARKROOM_TASK_MODULES='["tests.probe"]'.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import Field

from workers.kinds import Kind, Params, register
from workers.results import Results
from workers.runner import Attempt, Input, Made, answers, runs

STEP_SECONDS = 0.02


class Tagged(Params):
    tag: str = ""  # makes equal jobs different


class SleepParams(Tagged):
    seconds: float = Field(1.0, ge=0)


class DieParams(Tagged):
    times: int = 1  # it lives from the attempt after this one
    seconds: float = 0.0


class MetricsParams(Tagged):
    count: int = 1000


class ArrayParams(Tagged):
    bytes: int = Field(1000, ge=0)
    value: int = Field(1, ge=0, le=255)
    truly: int | None = None  # what it takes when the estimate is wrong


class StepParams(Tagged):
    add: int = 0
    fail: bool = False
    seconds: float = 0.0


register(Kind("probe-empty", "Empty probe", 1, Tagged, "interactive"))
register(Kind("probe-sleep", "Sleeping probe", 1, SleepParams, "batch"))
register(Kind("probe-deaf", "Deaf probe", 1, SleepParams, "batch"))
register(Kind("probe-die", "Dying probe", 1, DieParams, "batch"))
register(Kind("probe-fail", "Failing probe", 1, Tagged, "batch"))
register(Kind("probe-metrics", "Talkative probe", 1, MetricsParams, "batch"))
register(Kind("probe-odd", "Probe that makes no array", 1, Tagged, "batch"))
register(Kind("probe-array", "Large probe", 1, ArrayParams, "batch", size=lambda params, metas: params.bytes))
register(Kind("probe-step", "Probe of a probe", 1, StepParams, "batch", {"of": "probe-array"}))
register(Kind("probe-sum", "Sum of probes", 1, Tagged, "batch", {"left": "probe-step", "right": "probe-step"}))
register(Kind("probe-nobody", "Probe without code", 1, Tagged, "batch"))

Inputs = Mapping[str, Input]


@runs("probe-empty")
def empty(params: Tagged, inputs: Inputs, attempt: Attempt) -> Made:
    return Made({})


@runs("probe-sleep")
def sleep(params: SleepParams, inputs: Inputs, attempt: Attempt) -> Made:
    attempt.stage("sleeping")
    began = time.monotonic()
    while (slept := time.monotonic() - began) < params.seconds:
        attempt(slept / params.seconds, f"slept {slept:.2f} s", slept=slept)
        time.sleep(STEP_SECONDS)
    return Made({"slept": np.array(params.seconds)}, {"by": os.getpid()})


@runs("probe-deaf")
def deaf(params: SleepParams, inputs: Inputs, attempt: Attempt) -> Made:
    time.sleep(params.seconds)
    return Made({}, {"by": os.getpid()})


@runs("probe-die")
def die(params: DieParams, inputs: Inputs, attempt: Attempt) -> Made:
    time.sleep(params.seconds)
    if attempt.job.attempt <= params.times:
        os.kill(os.getpid(), signal.SIGKILL)
    return Made({})


@runs("probe-fail")
def fail(params: Tagged, inputs: Inputs, attempt: Attempt) -> Made:
    raise ValueError("the probe was asked to fail")


@runs("probe-metrics")
def metrics(params: MetricsParams, inputs: Inputs, attempt: Attempt) -> Made:
    for number in range(params.count):
        attempt(number / params.count, number=number)
    return Made({})


@runs("probe-odd")
def odd(params: Tagged, inputs: Inputs, attempt: Attempt) -> Made:
    return Made({"objects": np.array([object()])})


@runs("probe-array")
def array(params: ArrayParams, inputs: Inputs, attempt: Attempt) -> Made:
    size = params.bytes if params.truly is None else params.truly
    return Made({"values": np.full(size, params.value, dtype=np.uint8)}, {"value": params.value})


@runs("probe-step")
def step(params: StepParams, inputs: Inputs, attempt: Attempt) -> Made:
    time.sleep(params.seconds)
    if params.fail:
        raise ValueError("the step was asked to fail")
    return Made({"total": inputs["of"].array("values").sum() + np.array(params.add)})


@runs("probe-sum")
def add_up(params: Tagged, inputs: Inputs, attempt: Attempt) -> Made:
    return Made({"total": np.array(inputs["left"].array("total") + inputs["right"].array("total"))})


@answers("probe-wait")
def wait(results: Results, ms: float = 0, answer: Any = None) -> Any:
    time.sleep(ms / 1000)
    return answer


@answers("probe-complain")
def complain(results: Results) -> Any:
    raise ValueError("the probe cannot answer this")


@answers("probe-unspeakable")
def unspeakable(results: Results) -> Any:
    return object()


@answers("probe-modules")
def modules(results: Results) -> dict[str, Any]:
    """What a worker has loaded, and who it is."""
    return {"torch": "torch" in sys.modules, "pid": os.getpid(), "omp": os.environ.get("OMP_NUM_THREADS")}
