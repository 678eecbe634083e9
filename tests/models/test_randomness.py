import pytest
import torch

from models.randomness import seeded

CPU = torch.device("cpu")


def draw(*seeds: int) -> torch.Tensor:
    with seeded(CPU, *seeds):
        return torch.rand(5)


def test_the_seeds_choose_what_is_drawn():
    assert torch.equal(draw(1, 2), draw(1, 2))
    assert not torch.equal(draw(1, 2), draw(2, 1))


def test_the_generator_is_put_back_also_after_a_failure():
    state = torch.get_rng_state()
    draw(3)
    with pytest.raises(RuntimeError), seeded(CPU, 3):
        torch.rand(-1)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_too():
    device = torch.device("cuda")
    state = torch.cuda.get_rng_state()

    def draw_there() -> torch.Tensor:
        with seeded(device, 4):
            return torch.rand(5, device=device)

    assert torch.equal(draw_there(), draw_there())
    assert torch.equal(torch.cuda.get_rng_state(), state)
