"""Arrays in .npz files, read whole and in blocks, are what NumPy reads."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models import npz
from models.npz import Npz

dtypes = st.one_of(
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.boolean_dtypes(),
    hnp.unicode_string_dtypes(),
)


@settings(max_examples=50)
@given(
    array=hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7)),
    fortran=st.booleans(),
    packed=st.booleans(),
    block_bytes=st.integers(1, 300),
)
def test_blocks_and_wholes_are_what_numpy_reads(tmp_path_factory, array, fortran, packed, block_bytes):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    (np.savez_compressed if packed else np.savez)(path, it=np.asfortranarray(array) if fortran else array)
    with np.load(path) as theirs, Npz(path) as ours, pytest.MonkeyPatch.context() as patch:
        patch.setattr(npz, "BLOCK_BYTES", block_bytes)
        expected = theirs["it"]
        assert ours.names == ("it",)
        assert "it" in ours
        assert ours.head("it") == (expected.shape, expected.dtype)
        whole = ours.read("it")
        assert whole.dtype == expected.dtype
        np.testing.assert_array_equal(whole, expected)
        if expected.ndim:  # NumPy makes a row of a single value in Fortran order
            blocks = list(ours.blocks("it"))
            assert sum(map(len, blocks)) == len(expected)
            if blocks:
                np.testing.assert_array_equal(np.concatenate(blocks), expected)
        else:
            with pytest.raises(ValueError, match=r"'it' is a single value and has no rows\.$"):
                list(ours.blocks("it"))


def test_a_pickle_is_refused_and_does_not_run(tmp_path, capsys):
    class Trap:
        def __reduce__(self):
            return print, ("it ran",)

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    assert pickle.dumps(Trap())[-30:-20] in buffer.getvalue()  # it is in there
    with (tmp_path / "a.npz").open("wb") as stream:
        np.savez(stream, it=np.array([Trap()], dtype=object), allow_pickle=True)
    with Npz(tmp_path / "a.npz") as file:
        for read in (file.head, file.read, lambda name: list(file.blocks(name))):
            with pytest.raises(
                ValueError, match=r"'it' holds Python objects, which are not read, as they may run .*\.$"
            ):
                read("it")
    assert not capsys.readouterr().out


def test_what_the_reader_of_a_block_raises_is_its_own(tmp_path):
    def fill_the_disk():
        for _ in file.blocks("it"):
            raise OSError("the disk")

    np.savez(tmp_path / "a.npz", it=np.zeros(3))
    with Npz(tmp_path / "a.npz") as file, pytest.raises(OSError, match=r"^the disk$"):
        fill_the_disk()
