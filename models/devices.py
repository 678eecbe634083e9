"""Where to compute."""

import torch


def pick_device(wanted: str | torch.device = "auto") -> torch.device:
    """Choose where to compute.

    Parameters
    ----------
    wanted : str or torch.device
        "auto" takes CUDA if there is one, else MPS, else the CPU; "cuda", "cuda:1", "mps" and "cpu" take just
        that.

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        If `wanted` is none of these, or is not in this machine.
    """
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    has_mps = torch.backends.mps.is_available()
    if str(wanted) == "auto":
        return torch.device("cuda" if n_cuda else "mps" if has_mps else "cpu")

    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cuda", "mps", "cpu"):
        raise ValueError(f"device must be auto, cuda, cuda:1, mps or cpu, not {str(wanted)!r}.")
    if device.type == "cuda" and (device.index or 0) >= n_cuda:
        raise ValueError(f"device {str(wanted)!r} is not in this machine, which has {n_cuda} CUDA devices; try auto.")
    if device.type == "mps" and not has_mps:
        raise ValueError("device 'mps' is not in this machine, or not in this build of torch; try auto.")
    return device
