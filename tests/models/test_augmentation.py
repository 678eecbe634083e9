import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.augmentation import Augmentation


def pixels_of(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=50)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(2, 12), st.integers(2, 12)),
    st.integers(0, 15),
    st.booleans(),
    st.floats(0.05, 1),
    st.integers(0, 9),
)
def test_shape_kind_and_range_stay(shape, shift, flip, crop, seed):
    out = Augmentation(shift, flip, crop)(pixels_of(*shape), seeded(seed))
    assert out.shape == shape
    assert out.dtype == torch.float32
    assert out.min() >= 0
    assert out.max() <= 1


def test_nothing_asked_nothing_done():
    pixels, generator = pixels_of(3, 1, 5, 5), seeded()
    state = generator.get_state()
    assert Augmentation()(pixels, generator) is pixels
    assert torch.equal(generator.get_state(), state)


def test_one_seed_one_result_and_the_input_stays():
    pixels = pixels_of(8, 3, 9, 9)
    before = pixels.clone()
    augmentation = Augmentation(shift=2, flip=True, crop=0.7)
    first = augmentation(pixels, seeded(0))
    assert torch.equal(first, augmentation(pixels, seeded(0)))
    assert not torch.equal(first, augmentation(pixels, seeded(1)))
    assert torch.equal(pixels, before)


def test_shifts_move_whole_images_and_bring_in_black():
    pixels = pixels_of(200, 2, 6, 7) + 0.1
    moved = Augmentation(shift=2)(pixels, seeded())
    padded = torch.nn.functional.pad(pixels, (2, 2, 2, 2))
    seen = set()
    for image, source in zip(moved, padded, strict=True):
        places = [(y, x) for y in range(5) for x in range(5) if torch.equal(image, source[:, y : y + 6, x : x + 7])]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 25  # each place is drawn


def test_about_half_are_mirrored_and_no_other_thing_happens():
    pixels = pixels_of(400, 1, 4, 5)
    out = Augmentation(flip=True)(pixels, seeded())
    mirrored = [torch.equal(image, source.flip(-1)) for image, source in zip(out, pixels, strict=True)]
    same = [torch.equal(image, source) for image, source in zip(out, pixels, strict=True)]
    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert 150 < sum(mirrored) < 250


def test_a_crop_enlarges_a_window_of_the_image():
    """On a ramp, what is seen is again a ramp, less steep by the window's share and within the image's range."""
    ramp = ((torch.arange(32) + 0.5) / 32).expand(100, 1, 32, 32)
    slopes = Augmentation(crop=0.5)(ramp, seeded())[:, 0, 16].diff(dim=1)[:, 2:-2] * 32
    assert (slopes.amax(dim=1) - slopes.amin(dim=1)).max() < 1e-3
    shares = slopes.mean(dim=1)
    assert 0.5 <= shares.min() < 0.55
    assert 0.95 < shares.max() <= 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shift": -1}, r"shift must be a whole number of pixels, 0 or more, not -1\."),
        ({"shift": 1.5}, r"shift must be a whole number of pixels, 0 or more, not 1\.5\."),
        ({"flip": 1}, r"flip must be true or false, not 1\."),
        ({"crop": 0.0}, r"crop must be a share .*, above 0 and at most 1, not 0\.0\."),
        ({"crop": 1.1}, r"crop must be a share .*, not 1\.1\."),
        ({"crop": float("nan")}, r"crop must be a share .*, not nan\."),
    ],
)
def test_settings_are_checked_with_one_sentence(change, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Augmentation(**change)
