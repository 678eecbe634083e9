"""Atlas pages: a thousand small images as the tiles of one picture, so that a page fetches few files."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

TILE_LIMIT = 64  # pixels, the longer side of a tile
TILES_PER_ROW = 32
TILES_PER_PAGE = 1024
WEBP_QUALITY = 90


@dataclass(frozen=True)
class PageLayout:
    """Where the tiles of an atlas lie: image i is tile i % 1024 of page i // 1024, row by row, 32 a row."""

    tile_width: int
    tile_height: int
    n_pages: int
    media_type: str


def page_layout(images: np.ndarray) -> PageLayout:
    """Say how `atlas_pages` will lay out these images.

    Parameters
    ----------
    images : uint8 array (N, C, H, W)
        C is 1 (grey) or 3 (red, green, blue).

    Returns
    -------
    PageLayout
        Tile width and height in pixels (those of an image, or less if its longer side is over 64), the number
        of pages, and the media type of each: ``image/png`` for grey, ``image/webp`` for colour.

    Raises
    ------
    ValueError
        If `images` is not as described above.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images must be uint8 of the shape (N, 1 or 3, H, W), not {images.dtype} of {images.shape}.")
    n_images, n_channels, height, width = images.shape
    scale = min(1.0, TILE_LIMIT / max(height, width))
    return PageLayout(
        tile_width=max(1, round(width * scale)),
        tile_height=max(1, round(height * scale)),
        n_pages=-(-n_images // TILES_PER_PAGE),
        media_type="image/png" if n_channels == 1 else "image/webp",
    )


def atlas_pages(images: np.ndarray) -> Iterator[bytes]:
    """Encode images as atlas pages, one after the other.

    A page is 32 tiles wide and at most 32 high; the last has only the rows it needs, its empty tiles are
    black. Grey pages are lossless but for the reduction of images over 64 pixels; colour pages are WebP of
    quality 90.

    Parameters
    ----------
    images : uint8 array (N, C, H, W)
        C is 1 (grey) or 3 (red, green, blue).

    Yields
    ------
    bytes
        A page, in the media type that `page_layout` names.

    Raises
    ------
    ValueError
        If `images` is not as described above.
    """
    layout = page_layout(images)
    for page in range(layout.n_pages):
        start = page * TILES_PER_PAGE
        yield _encode(_tiles(images[start : start + TILES_PER_PAGE], layout))


def _tiles(images: np.ndarray, layout: PageLayout) -> np.ndarray:
    """Reduce images to their tiles: (N, C, H, W) to (N, tile_height, tile_width, C)."""
    channels_last = images.transpose(0, 2, 3, 1)
    size = (layout.tile_width, layout.tile_height)
    if channels_last.shape[1:3] == size[::-1]:
        return channels_last
    return np.stack([np.asarray(_picture(image).resize(size)) for image in channels_last]).reshape(
        len(images), layout.tile_height, layout.tile_width, -1
    )


def _encode(tiles: np.ndarray) -> bytes:
    """Set tiles (N, h, w, C) side by side on a page and encode it."""
    n_tiles, height, width, n_channels = tiles.shape
    n_rows = -(-n_tiles // TILES_PER_ROW)
    grid = np.zeros((n_rows * TILES_PER_ROW, height, width, n_channels), dtype=np.uint8)
    grid[:n_tiles] = tiles
    # (row, column, y, x, channel) to (row, y, column, x, channel): the order in which a picture is read
    page = grid.reshape(n_rows, TILES_PER_ROW, height, width, n_channels).swapaxes(1, 2)
    page = page.reshape(n_rows * height, TILES_PER_ROW * width, n_channels)

    encoded = io.BytesIO()
    if n_channels == 1:
        _picture(page).save(encoded, format="PNG")
    else:
        _picture(page).save(encoded, format="WEBP", quality=WEBP_QUALITY)
    return encoded.getvalue()


def _picture(pixels: np.ndarray) -> Image.Image:
    """A Pillow image of pixels (H, W, 1) or (H, W, 3)."""
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))
