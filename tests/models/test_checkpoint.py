from dataclasses import replace

import numpy as np
import pytest
import torch

from models.checkpoint import Checkpoint

REQUEST = {"epochs": 3, "in_shape": (1, 28, 28), "learning_rate": 0.1}


def some_checkpoint() -> Checkpoint:
    rows = [{"test_loss": 1 / 3 + epoch, "test_confusion": np.full((2, 2), epoch)} for epoch in range(2)]
    return Checkpoint(
        request=REQUEST,
        rows=rows,
        network={"a.weight": torch.randn(3, 2), "a.count": torch.tensor(7)},
        optimizer={0: {"step": torch.tensor(5.0), "exp_avg": torch.randn(3, 2)}},
        generator=torch.Generator().manual_seed(3).get_state(),
        weights={0: b"first", 1: b"second"},
    )


def test_it_comes_back_exactly():
    written = some_checkpoint()
    read = Checkpoint.from_bytes(written.to_bytes(), REQUEST)
    assert [row["test_loss"] for row in read.rows] == [row["test_loss"] for row in written.rows]
    assert [row["test_confusion"].tolist() for row in read.rows] == [[[0, 0], [0, 0]], [[1, 1], [1, 1]]]
    assert read.network.keys() == written.network.keys()
    assert all(torch.equal(read.network[name], written.network[name]) for name in read.network)
    assert read.optimizer.keys() == {0}
    assert all(torch.equal(read.optimizer[0][name], written.optimizer[0][name]) for name in ("step", "exp_avg"))
    assert torch.equal(read.generator, written.generator)
    assert read.weights == {0: b"first", 1: b"second"}


@pytest.mark.parametrize("data", [b"", b"\x80\x04\x95" + bytes(40), some_checkpoint().to_bytes()[:-1]])
def test_other_bytes_are_refused_in_one_sentence(data):
    with pytest.raises(ValueError, match=r"^resume must be a checkpoint of a training, .*, and is not\.$"):
        Checkpoint.from_bytes(data, REQUEST)


def test_stored_teachers_come_back_in_the_order_of_their_epochs():
    weights = {epoch: bytes([epoch]) * (epoch % 4 + 1) for epoch in range(12)}
    read = Checkpoint.from_bytes(replace(some_checkpoint(), weights=weights).to_bytes(), REQUEST)
    assert list(read.weights.items()) == list(weights.items())


def test_another_training_is_refused_and_the_difference_named():
    with pytest.raises(ValueError, match=r"^resume must be .* same training, but there epochs is 3, and here 4\.$"):
        Checkpoint.from_bytes(some_checkpoint().to_bytes(), REQUEST | {"epochs": 4})
