"""How long work reports where it is, and how it is told to stop, without knowing who listens."""

from typing import Protocol


class Cancelled(Exception):
    """Raised by a callback to stop the work that called it. The work lets it pass."""


class Callback(Protocol):
    """What long work calls every now and then."""

    def __call__(self, fraction: float | None, message: str = "", **metrics: float) -> None:
        """Take note of progress.

        Parameters
        ----------
        fraction : float or None
            The share of the work that is done, 0 to 1; None where it cannot be told.
        message : str
            The stage, for a person to read, such as "epoch 3 of 12".
        **metrics : float
            Named values at this moment, such as ``train_loss=0.31``: points of a live curve.

        Raises
        ------
        Cancelled
            If the work is to stop here.
        """
        ...


def silent(fraction: float | None, message: str = "", **metrics: float) -> None:
    """The callback that listens to nothing and never cancels."""


def part_of(whole: Callback, begin: float, end: float) -> Callback:
    """What work is told to report to that is only so much of a whole: from one share of it to another."""

    def tell(fraction: float | None, message: str = "", **metrics: float) -> None:
        whole(None if fraction is None else begin + fraction * (end - begin), message, **metrics)

    return tell
