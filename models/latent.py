"""One image as a function of its code, and what a step along each latent axis does to the teacher's answer."""

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from models.teacher import Teacher, softmax
from models.vae import VAE


class ImageFunction:
    """The image that belongs to a code, around one image x with the code m = mean(x).

    Plain, it is decode(z). With the image's residual added back it is clip(decode(z) + x − decode(m), 0, 1): what the VAE
    cannot say of the image stays as it is while its code moves, and the function of m is the image itself.

    Parameters
    ----------
    vae : VAE
    code : float array (d,)
        The image's own, m.
    residual : float array (C, H, W) or None
        x − decode(m), which is added back; None decodes plainly.

    Attributes
    ----------
    vae : VAE
    code : float32 array (d,)
    residual : float32 array (C, H, W) or None

    Raises
    ------
    ValueError
        If code or residual do not fit the VAE.
    """

    def __init__(self, vae: VAE, code: np.ndarray, residual: np.ndarray | None = None) -> None:
        if residual is not None and residual.shape != vae.in_shape:
            raise ValueError(f"residual must have the shape {vae.in_shape} for this VAE, not {residual.shape}.")
        self.vae = vae
        self.code = checked_code(vae, code)
        self.residual = None if residual is None else np.asarray(residual, np.float32)

    @classmethod
    def of(cls, vae: VAE, image: np.ndarray, residual: bool = True) -> "ImageFunction":
        """That of an image.

        Parameters
        ----------
        image : array (C, H, W)
            uint8 pixels 0 to 255, or floats 0 to 1.
        residual : bool
            Whether what the VAE loses of it is added back.

        Raises
        ------
        ValueError
            If the image has another shape than the VAE's.
        """
        code = vae.encode(image[np.newaxis]).means
        if not residual:
            return cls(vae, code[0])
        pixels = image / np.float32(255) if image.dtype == np.uint8 else image
        return cls(vae, code[0], pixels - vae.decode(code)[0])

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """The images of codes.

        Parameters
        ----------
        codes : float array (N, d)

        Returns
        -------
        float32 array (N, C, H, W)
            Pixels 0 to 1.

        Raises
        ------
        ValueError
            If the codes are not finite numbers of that shape.
        """
        decoded = self.vae.decode(codes)
        return decoded if self.residual is None else np.clip(decoded + self.residual, 0, 1)

    def tensor(self, codes: Tensor) -> Tensor:
        """The same of a tensor (N, d) on the VAE's device; differentiable, with the gradient 0 where pixels are clipped."""
        decoded = self.vae.decode_tensor(codes)
        if self.residual is None:
            return decoded
        return (decoded + torch.tensor(self.residual, device=self.vae.device)).clamp(0, 1)


class Effects(NamedTuple):
    """What a step along each latent axis changes.

    Attributes
    ----------
    changes : float64 array (d,)
        The total change of the teacher's probabilities, half the sum of their absolute differences: 0 to 1. The mean of a
        step up and a step down.
    toward : int array (d,)
        The class that gains most by a step up.
    probabilities : float64 array (K,)
        Before any step.
    """

    changes: np.ndarray
    toward: np.ndarray
    probabilities: np.ndarray


def step_effects(function: ImageFunction, teacher: Teacher, code: np.ndarray, steps: np.ndarray) -> Effects:
    """Measure what one step up and one down along each latent axis changes, by taking them.

    Parameters
    ----------
    function : ImageFunction
    teacher : Teacher
        Of images of the same shape.
    code : float array (d,)
        Where the steps begin.
    steps : float array (d,)
        Their lengths, 0 or more; the deviations of the data's codes make the axes comparable.

    Returns
    -------
    Effects

    Raises
    ------
    ValueError
        If something does not fit the VAE.
    """
    check_pair(function.vae, teacher)
    start, d = checked_code(function.vae, code), function.vae.latent_size
    steps = np.asarray(steps, np.float32)
    if steps.shape != (d,) or not (np.isfinite(steps) & (steps >= 0)).all():
        raise ValueError(f"steps must be {d} finite numbers, 0 or more, not {steps.tolist()}.")
    moves = np.diag(steps)
    said = softmax(teacher.classify(function(np.concatenate([start[np.newaxis], start + moves, start - moves]))))
    here, up, down = said[0], said[1 : 1 + d], said[1 + d :]
    changes = (np.abs(up - here).sum(axis=1) + np.abs(down - here).sum(axis=1)) / 4
    return Effects(changes, (up - here).argmax(axis=1), here)


def jacobian(
    function: ImageFunction,
    teacher: Teacher,
    code: np.ndarray,
    of: Literal["log-probabilities", "probabilities"] = "log-probabilities",
) -> np.ndarray:
    """The derivatives of the teacher's answer by the latent values, exactly.

    With the residual added back, the black and white pixels of an image lie just at the edge of what is clipped at the
    image's own code, where a derivative is that of one side only; `step_effects` looks at both.

    Parameters
    ----------
    function, teacher, code
        See `step_effects`.
    of : {"log-probabilities", "probabilities"}
        What is derived.

    Returns
    -------
    float32 array (K, d)

    Raises
    ------
    ValueError
        If something does not fit the VAE.
    """
    check_pair(function.vae, teacher)
    start = torch.tensor(checked_code(function.vae, code), device=function.vae.device)
    # The code once for each class, so that one pass backwards tells all rows: no image depends on another's code.
    codes = start.repeat(teacher.n_classes, 1).requires_grad_()
    said = teacher.logits(function.tensor(codes)).log_softmax(dim=1)
    if of == "probabilities":
        said = said.exp()
    (rows,) = torch.autograd.grad(said.diagonal().sum(), codes)
    return rows.cpu().numpy()


def checked_code(vae: VAE, code: np.ndarray) -> np.ndarray:
    """One code as float32 (d,).

    Raises
    ------
    ValueError
        If it is not so many finite numbers.
    """
    values = np.asarray(code, np.float32)
    if values.shape != (vae.latent_size,) or not np.isfinite(values).all():
        raise ValueError(f"A code of this VAE must be {vae.latent_size} finite numbers, not {values.tolist()}.")
    return values


def check_pair(vae: VAE, teacher: Teacher) -> None:
    """Makes sure that the teacher can be asked of what the VAE decodes.

    Raises
    ------
    ValueError
    """
    if teacher.in_shape != vae.in_shape:
        raise ValueError(
            f"The VAE decodes images of the shape {vae.in_shape}, but the teacher classifies {teacher.in_shape}; "
            "take a VAE that was trained on the teacher's images."
        )
