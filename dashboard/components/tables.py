"""What is taken along: tables, and the names of files."""

import csv
import io
import re
from collections.abc import Iterable, Sequence


def to_csv(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """A table as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def file_name(what: str, of: str) -> str:
    """The name of a file, without its ending, of what there is of something that a person has named: "ids", "4 taken for 9"."""
    return f"{what}-" + (re.sub(r"[^\w.]+", "-", of).strip("-.") or "selection")
