import io

import numpy as np
import pytest
from PIL import Image

from models.atlas import TILES_PER_PAGE, TILES_PER_ROW, PageLayout, atlas_pages, page_layout


def random_images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def tile(page: np.ndarray, layout: PageLayout, index: int) -> np.ndarray:
    """Cut one tile out of a decoded page, as the browser does."""
    row, column = divmod(index, TILES_PER_ROW)
    top, left = row * layout.tile_height, column * layout.tile_width
    return page[top : top + layout.tile_height, left : left + layout.tile_width]


def test_grey_tiles_are_exact_on_every_page():
    images = random_images(2 * TILES_PER_PAGE + 33, 1, 9, 11)
    layout = page_layout(images)
    assert layout == PageLayout(tile_width=11, tile_height=9, n_pages=3, media_type="image/png")

    pages = [Image.open(io.BytesIO(page)) for page in atlas_pages(images)]
    assert [(page.format, page.mode, page.size) for page in pages] == [
        ("PNG", "L", (32 * 11, 32 * 9)),
        ("PNG", "L", (32 * 11, 32 * 9)),
        ("PNG", "L", (32 * 11, 2 * 9)),  # 33 tiles: one row and one tile
    ]
    decoded = [np.asarray(page) for page in pages]
    for image_id, image in enumerate(images):
        page, index = divmod(image_id, TILES_PER_PAGE)
        assert np.array_equal(tile(decoded[page], layout, index), image[0])
    assert not tile(decoded[2], layout, 33).any()


def test_colour_tiles_are_close_and_in_place():
    images = np.zeros((40, 3, 32, 32), dtype=np.uint8)
    images += random_images(40, 3, 1, 1)  # each of one colour, which a lossy format keeps
    layout = page_layout(images)
    assert layout == PageLayout(tile_width=32, tile_height=32, n_pages=1, media_type="image/webp")

    (encoded,) = atlas_pages(images)
    picture = Image.open(io.BytesIO(encoded))
    assert (picture.format, picture.size) == ("WEBP", (1024, 64))
    page = np.asarray(picture.convert("RGB"))
    for index, image in enumerate(images):
        middle = tile(page, layout, index)[8:24, 8:24].reshape(-1, 3).mean(axis=0)
        np.testing.assert_allclose(middle, image[:, 0, 0], atol=6)


@pytest.mark.parametrize(
    ("height", "width", "tile_size"),
    [(64, 64, (64, 64)), (65, 65, (64, 64)), (224, 112, (64, 32)), (100, 300, (21, 64)), (2, 1000, (1, 64))],
)
@pytest.mark.parametrize("n_channels", [1, 3])
def test_large_images_are_reduced_in_proportion(height, width, tile_size, n_channels):
    images = random_images(3, n_channels, height, width)
    layout = page_layout(images)
    assert (layout.tile_height, layout.tile_width) == tile_size
    (encoded,) = atlas_pages(images)
    assert Image.open(io.BytesIO(encoded)).size == (32 * tile_size[1], tile_size[0])


def test_reduction_keeps_the_brightness():
    images = np.repeat(np.array([0, 60, 250], dtype=np.uint8), 128 * 128).reshape(3, 1, 128, 128)
    (encoded,) = atlas_pages(images)
    page = np.asarray(Image.open(io.BytesIO(encoded)))
    assert [tile(page, page_layout(images), index).mean() for index in range(3)] == [0, 60, 250]


def test_no_images_no_pages():
    assert list(atlas_pages(np.zeros((0, 1, 8, 8), dtype=np.uint8))) == []


@pytest.mark.parametrize("images", [np.zeros((2, 1, 8, 8)), np.zeros((2, 2, 8, 8), np.uint8), np.zeros(3, np.uint8)])
def test_only_images_make_an_atlas(images):
    with pytest.raises(ValueError, match=r"^images must be uint8 of the shape .*\.$"):
        page_layout(images)
