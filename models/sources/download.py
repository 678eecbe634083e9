"""A file from the network: with progress, checked, and in its place only when it is whole."""

import hashlib
import http.client
import os
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path

from models.progress import Callback

BLOCK = 1 << 18
PATIENCE = 20  # seconds without a byte until an address is given up


def download(addresses: Sequence[str], target: Path, md5: str, callback: Callback) -> None:
    """Fetch a file from the first address that gives it whole.

    Parameters
    ----------
    addresses : texts
        Where the file may be had, tried in this order.
    target : Path
        What it is called here. It appears only when it is complete; what a broken download leaves is removed.
    md5 : str
        Of the file, in hex, as its publisher says. (It tells a damaged file, and is no protection from a forger.)
    callback : Callback
        Is told the share that has come, None where the server does not say how long the file is.

    Raises
    ------
    OSError
        If no address gives the file whole. The sentence holds what each said.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    refusals = []
    try:
        for address in addresses:
            try:
                received = _receive(address, part, target.name, callback)
            except (OSError, http.client.HTTPException) as error:
                refusals.append(f"{address}: {error}")
                continue
            if received == md5:
                os.replace(part, target)
                return
            refusals.append(f"{address}: the file has the md5 {received}, not {md5}")
    finally:
        part.unlink(missing_ok=True)
    raise OSError("; ".join(refusals))


def _receive(address: str, part: Path, name: str, callback: Callback) -> str:
    """Write what an address gives into a file, and return its md5."""
    digest = hashlib.md5(usedforsecurity=False)
    request = urllib.request.Request(address, headers={"User-Agent": "darkroom"})  # noqa: S310  (torchvision's)
    with urllib.request.urlopen(request, timeout=PATIENCE) as response, open(part, "wb") as sink:  # noqa: S310
        length, received = response.length, 0
        while block := response.read(BLOCK):
            sink.write(block)
            digest.update(block)
            received += len(block)
            done = f"{received / 1e6:.1f}" + (f" of {length / 1e6:.1f} MB" if length else " MB")
            callback(received / length if length else None, f"downloading {name}: {done}")
    if length and received < length:
        raise OSError(f"only {received:,} of {length:,} bytes came")
    return digest.hexdigest()
