"""torch's global generators, from which dropout draws, for a while as one wants them."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(device: torch.device, *seeds: int) -> Iterator[None]:
    """Seed the global generators of the CPU and of a device, and put them back at the end.

    Parameters
    ----------
    device : torch.device
        "cpu", "cuda" or "mps". (torch.manual_seed would also reseed every other GPU, and not put it back.)
    *seeds : ints
        0 or more; other numbers, other draws.
    """
    seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    cpu_state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        if device.type == "cuda":
            with torch.cuda.device(device):
                device_state = torch.cuda.get_rng_state()
                torch.cuda.manual_seed(seed)
                try:
                    yield
                finally:
                    torch.cuda.set_rng_state(device_state)
        elif device.type == "mps":
            device_state = torch.mps.get_rng_state()
            torch.mps.manual_seed(seed)
            try:
                yield
            finally:
                torch.mps.set_rng_state(device_state)
        else:
            yield
    finally:
        torch.set_rng_state(cpu_state)
