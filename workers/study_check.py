"""`app.py check study.toml`: what the views will be able to do with a study, before anything of it runs.

The files that the study names are looked at in this process, so this one imports torch; the page never does.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from workers.kinds import JobSpec
from workers.params import LookParams
from workers.runner import Attempt
from workers.settings import UsageError, read_settings
from workers.study_file import StudyFile


class Onlooker:
    """Tells a terminal how far a look is; says nothing where nobody reads along."""

    def __init__(self):
        self._shown = sys.stderr.isatty()

    def stage(self, name: str) -> None:
        self(0.0, name)

    def __call__(self, fraction: float | None, message: str = "", **metrics: float) -> None:
        if self._shown:
            share = "" if fraction is None else f"{fraction:4.0%} "
            sys.stderr.write(f"{share}{message}"[:100].ljust(100) + "\r")
            sys.stderr.flush()


def look_here(params: dict[str, Any]) -> Mapping[str, Any]:
    """What lies at a place on this machine.

    Raises
    ------
    ValueError, OSError
        Says why it cannot be used.
    """
    from workers.tasks import look

    asked = LookParams.model_validate({**params, "asked": time.time()})
    return look(asked, {}, cast(Attempt, Onlooker())).meta


def checked_study(path: Path) -> tuple[str, dict[str, JobSpec], dict[str, Any]]:
    """Title and jobs of the study in a file, and what workers on this machine would offer.

    Raises
    ------
    UsageError
    """
    from workers.tasks import describe

    file = StudyFile(path)
    try:
        offered = describe(read_settings())["choices"]
    except ValueError as error:  # as a worker would end with
        raise UsageError(str(error)) from None
    return file.title, file.specs(look_here), offered
