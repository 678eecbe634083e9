"""Images that a net was not trained for: in its shape, the same by the same seed."""

import numpy as np
import pytest

from models.outside import fitted, letters, noise


@pytest.mark.parametrize("make", [letters, noise])
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 20, 32)])
def test_they_have_the_shape_that_is_asked_for(make, shape):
    made = make(shape, 30, 4)
    assert (made.shape, made.dtype) == ((30, *shape), np.uint8)
    np.testing.assert_array_equal(made, make(shape, 30, 4))
    assert (made != make(shape, 30, 5)).any()


def test_letters_are_bright_on_dark_and_in_the_middle():
    made = letters((1, 28, 28), 26)
    assert (made.max(axis=(1, 2, 3)) > 200).all()
    assert made[:, :, 0].max() == 0
    assert 0.05 < (made > 128).mean() < 0.4
    assert len({image.tobytes() for image in made}) == 26


def test_images_are_fitted():
    grey = np.full((2, 1, 14, 14), 100, np.uint8)
    np.testing.assert_array_equal(fitted(grey, (3, 28, 28)), np.full((2, 3, 28, 28), 100))
    red = np.zeros((1, 3, 8, 8), np.uint8)
    red[:, 0] = 255
    assert (fitted(red, (1, 8, 8)) == 76).all()
    assert fitted(grey, (1, 14, 14)) is grey
    with pytest.raises(ValueError, match="Images of 2 channels cannot be made into such of 1"):
        fitted(np.zeros((1, 2, 8, 8), np.uint8), (1, 8, 8))
