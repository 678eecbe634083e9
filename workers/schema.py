"""The schema number of what stands in Redis, and the steps from an older one to this one."""

from collections.abc import Callable, Mapping

from workers import names
from workers.settings import UsageError
from workers.store import Client, Scripts

SCHEMA = 1

# from number -> the step that leads to the next one; a step must bear being run twice, as it may be killed half-way.
MIGRATIONS: dict[int, Callable[[Client], None]] = {}


def migrate(
    client: Client,
    target: int = SCHEMA,
    migrations: Mapping[int, Callable[[Client], None]] = MIGRATIONS,
) -> None:
    """Brings the store to schema `target`, one step at a time, by one process at a time.

    Raises
    ------
    UsageError
        The store is newer than this program, or older than its oldest step.
    """
    Scripts(client).note(names.SCHEMA, target, only_new=True)
    number = int(client.get(names.SCHEMA))
    if number > target:
        raise UsageError(
            f"the store has schema {number} and this Darkroom knows {target}: it was written by a newer release; "
            "update Darkroom, or choose another --data-dir or REDIS_URL."
        )
    if number == target:
        return  # without the lock: a process that died in it must not keep the next one waiting
    with client.lock(names.PREFIX + "migrating", timeout=600, blocking_timeout=600):
        number = int(client.get(names.SCHEMA))
        while number < target:
            if number not in migrations:
                raise UsageError(
                    f"the store has schema {number}, too old for this Darkroom, which knows {target}; "
                    "choose another --data-dir or REDIS_URL, or delete the old one."
                )
            migrations[number](client)
            number += 1
            client.set(names.SCHEMA, number)
