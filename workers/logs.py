"""Logging: the standard library, one line an event, with the job's key where there is one, in rotating files."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def configure(process: str, folder: Path | None, level: str = "INFO") -> None:
    """Sends this process's log to `folder`/`process`.log (3 files of 2 MB), or to standard error without a folder."""
    if folder is None:
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / f"{process}.log", maxBytes=2_000_000, backupCount=2, delay=True)
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Celery and kombu tell of every reconnection at length; what matters of it is in our own lines.
    for name in ("celery", "kombu", "werkzeug", "waitress"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
