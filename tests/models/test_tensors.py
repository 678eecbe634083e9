import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.tensors import pack, unpack


@given(
    st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text())
)
def test_notes_come_back_exactly(notes):
    tensors, again = unpack(pack({"a": torch.arange(3)}, "key", notes), "key")
    assert again == notes
    assert torch.equal(tensors["a"], torch.arange(3))


def test_the_layout_in_memory_does_not_matter():
    images = torch.arange(48.0).reshape(2, 2, 3, 4)
    turned = images.to(memory_format=torch.channels_last)
    assert pack({"a": images}, "key", {}) == pack({"a": turned}, "key", {})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95" + bytes(40),  # how a pickle starts
        pack({"a": torch.zeros(2)}, "key", {})[:-1],
        pack({"a": torch.zeros(2)}, "other", {}),
        safetensors.torch.save({"a": torch.zeros(2)}),
        safetensors.torch.save({"a": torch.zeros(2)}, {"key": "{"}),
        safetensors.torch.save({"a": torch.zeros(2)}, {"key": "[]"}),
    ],
)
def test_other_bytes_are_refused_in_one_sentence(data):
    with pytest.raises(ValueError, match=r"^.*'key'.*, and is not\.$"):
        unpack(data, "key")
