"""What a page shows already is not sent again: it would close menus, lose the place in a list and cost time."""

import hashlib
from collections.abc import Mapping
from typing import Any

import dash

from workers.kinds import canonical


class Unseen:
    """Marks of what one page has been sent, kept in a store of that page: `unseen("name", value)`.

    Attributes
    ----------
    marks : what the store is to hold afterwards.
    """

    def __init__(self, marks: dict[str, str] | None):
        self.marks = dict(marks or {})

    def __call__(self, name: str, value: Any, signature: Any = None) -> Any:
        """`value`, or no update when it, or what its `signature` says of it, was the same the last time."""
        text = canonical(signature) if signature is not None else repr(value)
        mark = hashlib.sha256(text.encode()).hexdigest()[:16]
        if self.marks.get(name) == mark:
            return dash.no_update
        self.marks[name] = mark
        return value

    def answer(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """What is new of an answer, by the names of its outputs; "seen" is what the store is to hold."""
        return {name: self(name, value) for name, value in told.items()} | {"seen": self.marks}
