"""A fitted map of either sort, read from bytes that say which it is."""

from models.darksight.estimator import KEY, DarkSight
from models.darksight.parametric import ParametricDarkSight
from models.tensors import is_packed


def map_from_bytes(data: bytes, device: str | None = None) -> DarkSight | ParametricDarkSight:
    """Read a map that its `to_bytes` wrote; it answers as that did.

    Parameters
    ----------
    data : bytes
    device : str, optional
        See `DarkSight`.

    Raises
    ------
    ValueError
        If `data` is nothing of the kind.
    """
    kind = DarkSight if is_packed(data, KEY) else ParametricDarkSight
    return kind.from_bytes(data, device)
