"""One sha256 over named contents, for the manifest of a source."""

import hashlib
from collections.abc import Iterable
from typing import Protocol

BLOCK = 1 << 20


class Readable(Protocol):
    """An open file, or what unpacks one."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, `size` at most; none at the end."""
        ...


def manifest_of(parts: Iterable[tuple[bytes, bytes]]) -> str:
    """Hash names and content hashes, in the order of the names.

    Parameters
    ----------
    parts : pairs of bytes
        A name, and the sha256 digest of what it holds. The order in which they come does not matter.

    Returns
    -------
    str
        A sha256, in hex.
    """
    whole = hashlib.sha256()
    for name, digest in sorted(parts):
        # The length before the name keeps ("ab", ...) and ("a", "b...") apart.
        whole.update(len(name).to_bytes(8, "big") + name + digest)
    return whole.hexdigest()


def digest_of(stream: Readable) -> bytes:
    """Hash what a stream holds from here to its end, block by block."""
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
    return digest.digest()
