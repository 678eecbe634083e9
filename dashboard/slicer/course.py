"""What a panel draws at each epoch. The page lays out one; the browser fetches the others before it is asked for them, so that
a step of the slider asks nothing (`assets/slicer_course.js`)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from plotly.io.json import to_json_plotly

from dashboard.slicer.asked import epoch_at
from workers import __version__

BLOCK_CELLS = 50_000  # that are sent at once: about 1 MB of heat-maps


class Course(NamedTuple):
    """Figures of a panel over epochs.

    Attributes
    ----------
    panel : the last part of its address.
    of : what the figures are of, by the names of the address' parameters.
    epochs : of training, those that there are figures of.
    cells : numbers that one figure shows, by which it is known how many are sent at once.
    draw : of the place of an epoch, {"figure"}, and "words" by the id of what they stand in, if they differ by epoch.
    """

    panel: str
    of: Mapping[str, Any]
    epochs: Sequence[int]
    cells: int
    draw: Callable[[int], dict[str, Any]]

    def first(self, epoch: int | None) -> dict[str, Any]:
        """What is drawn at an epoch; the figure says where those of the other epochs are."""
        at = epoch_at(self.epochs, epoch)
        drawn = self.draw(at)
        # What a browser keeps for ever has to be of this version.
        address = f"/course/{self.panel}.json?{urlencode({**self.of, 'version': __version__})}"
        course = {"address": address, "epochs": list(self.epochs), "block": self.block}
        drawn["figure"].update_layout(meta={"course": course, "at": at})
        return drawn

    @property
    def block(self) -> int:
        """How many figures are sent at once: all where they are small; of large ones each for itself."""
        return min(max(BLOCK_CELLS // max(self.cells, 1), 1), len(self.epochs))

    def block_json(self, number: int) -> str:
        """The figures of a block."""
        places = range(number * self.block, min((number + 1) * self.block, len(self.epochs)))
        return str(to_json_plotly([self.draw(at) for at in places]))
