"""Selections of images: each is known by its content for a while, and for good once it is saved under a name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workers import names
from workers.kinds import canonical
from workers.store import Client

KEPT_SECONDS = 90 * 24 * 3600  # of a selection that nobody has saved, since it was last asked for
LONGEST_NAME = 80  # characters
MOST_SAVED = 200  # of one image set


@dataclass(frozen=True)
class Saved:
    """What a list of saved selections says of one.

    Attributes
    ----------
    name : unique in its image set.
    count : images in it.
    saved : when it was, in seconds since 1970.
    """

    name: str
    count: int
    saved: float


class Selections:
    """The selections of a store. One is a mapping with at least the result key of its image set as "images", and the
    number of its images as "count".

    Parameters
    ----------
    clock : seconds since 1970, by the server's clock.
    """

    def __init__(self, client: Client, clock: Callable[[], float]):
        self._client = client
        self._clock = clock

    def keep(self, selection: dict[str, Any]) -> str:
        """Remembers a selection, so that a URL or another view can name it; returns its content id."""
        text = canonical(selection)
        selection_id = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._client.set(names.selection(selection_id), text, ex=KEPT_SECONDS)
        return selection_id

    def get(self, selection_id: str) -> dict[str, Any] | None:
        """A selection that was remembered; None when it is not known (any more)."""
        text = self._client.getex(names.selection(selection_id), ex=KEPT_SECONDS)
        return None if text is None else json.loads(text)

    def save(self, name: str, selection: dict[str, Any]) -> Saved:
        """Keeps a selection for good, under a name that is unique in its image set.

        Raises
        ------
        ValueError
            The name is empty, too long or taken, or the image set has all the selections it may.
        """
        name, images = proper(name), selection["images"]
        record = Saved(name, selection["count"], self._clock())

        def write(pipeline: Client) -> None:
            if pipeline.hlen(names.saved(images)) >= MOST_SAVED and not pipeline.hexists(names.saved(images), name):
                raise ValueError(
                    f"this image set has {MOST_SAVED} saved selections, and may have no more; delete one first"
                )
            self._refuse_taken(pipeline, images, name)
            pipeline.multi()
            put(pipeline, images, record, canonical(selection))

        # Read again when somebody else has saved meanwhile: of two who take the same name, one is told.
        self._client.transaction(write, names.saved(images))
        return record

    def saved(self, images: str) -> list[Saved]:
        """What is saved of an image set, in the order of the names."""
        records = self._client.hgetall(names.saved(images))
        listed = [read(name.decode(), record) for name, record in records.items()]
        return sorted(listed, key=lambda saved: (saved.name.casefold(), saved.name))

    def recall(self, images: str, name: str) -> dict[str, Any]:
        """A selection that was saved, as it was.

        Raises
        ------
        KeyError
            None of that name is saved (any more).
        """
        text = self._client.hget(names.saved_contents(images), name)
        if text is None:
            raise no_selection(name)
        return json.loads(text)

    def rename(self, images: str, name: str, other: str) -> Saved:
        """Gives a saved selection another name.

        Raises
        ------
        KeyError
            None of that name is saved (any more).
        ValueError
            The new name is empty, too long or taken.
        """
        other = proper(other)
        renamed: list[Saved] = []

        def write(pipeline: Client) -> None:
            record = pipeline.hget(names.saved(images), name)
            text = pipeline.hget(names.saved_contents(images), name)
            if record is None or text is None:
                raise no_selection(name)
            if other != name:
                self._refuse_taken(pipeline, images, other)
            known = read(name, record)
            renamed[:] = [Saved(other, known.count, known.saved)]
            pipeline.multi()
            take_out(pipeline, images, name)
            put(pipeline, images, renamed[0], text)

        self._client.transaction(write, names.saved(images))
        return renamed[0]

    def delete(self, images: str, name: str) -> None:
        """Forgets a saved selection; one that is gone already is no matter."""
        pipeline = self._client.pipeline()
        take_out(pipeline, images, name)
        pipeline.execute()

    def _refuse_taken(self, client: Client, images: str, name: str) -> None:
        if client.hexists(names.saved(images), name):
            raise ValueError(f"a selection named {name} is saved already; choose another name, or delete that one")


def proper(name: str) -> str:
    """A name without the blanks around it.

    Raises
    ------
    ValueError
        It is empty or too long.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"a name has 1 to {LONGEST_NAME} characters, this one has {len(name)}")
    return name


def put(client: Client, images: str, record: Saved, text: str) -> None:
    """Writes a saved selection: what the list says of it, and apart from that, as it may be long, what it is."""
    client.hset(names.saved(images), record.name, json.dumps({"count": record.count, "saved": record.saved}))
    client.hset(names.saved_contents(images), record.name, text)


def take_out(client: Client, images: str, name: str) -> None:
    """The opposite of `put`."""
    client.hdel(names.saved(images), name)
    client.hdel(names.saved_contents(images), name)


def read(name: str, record: bytes) -> Saved:
    """What `put` wrote for the list."""
    return Saved(name, **json.loads(record))


def no_selection(name: str) -> KeyError:
    """What is raised for a name that nothing is saved under."""
    return KeyError(f"no selection named {name} is saved any more")
