"""What a way to explain is asked about, and what it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.progress import Callback, silent
from models.relabel import Relabelled
from models.teacher import Teacher
from models.vae import VAE

AT_ONCE = 64  # images


@dataclass
class Question:
    """What a method is asked about.

    Attributes
    ----------
    teacher : Teacher
    image : float32 array (C, H, W)
        Pixels 0 to 1.
    label : int
        The class that is to be explained.
    layer : str
        For class activation maps.
    vae : VAE or None
    spans : (lower, upper) or None
        Arrays (d,), the range of the VAE's codes; for students.
    seed : int
    relabel : mapping
        Settings of `relabel_distillation`.
    callback : Callback
    relabelled : Relabelled or None
        What re-label distillation found, kept for whoever asks for it twice.
    """

    teacher: Teacher
    image: np.ndarray
    label: int
    layer: str = ""
    vae: VAE | None = None
    spans: tuple[np.ndarray, np.ndarray] | None = None
    seed: int = 0
    relabel: Mapping[str, Any] = field(default_factory=dict)
    callback: Callback = silent
    relabelled: Relabelled | None = None

    def tensor(self) -> Tensor:
        """The image as a batch of one, on the teacher's device."""
        return torch.tensor(self.image[np.newaxis], device=self.teacher.device)

    def empty(self) -> Tensor:
        """What a pixel that is taken out is replaced by: 0 in normalised space, the mean pixel."""
        mean = torch.tensor(self.teacher.mean, dtype=torch.float32, device=self.teacher.device)
        return mean.view(1, -1, 1, 1).expand(1, *self.teacher.in_shape)


@dataclass(frozen=True)
class Method:
    """A way to explain an answer.

    Attributes
    ----------
    title : what it is called.
    source : who came up with it.
    explain : question -> attribution, float array (C, H, W), or (1, H, W) of all channels together; higher where a pixel counts
        more for the class.
    is_signed : whether below 0 means against the class.
    needs_maps : whether the teacher must have a layer of feature maps.
    needs_vae : whether there must be a VAE.
    is_control : whether it knows nothing of the teacher, and is there to be beaten.
    """

    title: str
    source: str
    explain: Callable[[Question], np.ndarray]
    is_signed: bool = True
    needs_maps: bool = False
    needs_vae: bool = False
    is_control: bool = False


class PixelNetwork(nn.Module):
    """The teacher as a module that takes pixels 0 to 1."""

    def __init__(self, teacher: Teacher) -> None:
        super().__init__()
        self.network = teacher.module
        self._logits = teacher.logits

    def forward(self, pixels: Tensor) -> Tensor:
        return self._logits(pixels)


def first(attribution: Any) -> np.ndarray:
    """The attribution of a batch of one: array (C, H, W)."""
    return attribution[0].detach().cpu().numpy()
