"""Picture files, and pictures as arrays: uint8, (H, W, 3) in the order RGB or (H, W, 1) grey."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from ..errors import TilewrightError

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})
# What ITU-R BT.601 gives red, green and blue in a grey value, in 65536ths: the very integers that Pillow uses.
_GREY_WEIGHTS = np.array([19595, 38470, 7471], np.uint32)


def read_picture(file: Path | BytesIO, name: str = "") -> np.ndarray:
    """Decode a file (or its bytes, called `name` in errors) -> (H, W, 3) RGB, or (H, W, 1) for a grey one.

    Raises TilewrightError when it is missing or no picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            if image.mode.startswith(("I", "F")):
                raise TilewrightError(f"{name or file}: {image.mode} pixels, not 8 bits a channel: convert it")
            grey = image.mode in ("L", "LA", "1")
            pixels = np.asarray(image.convert("L" if grey else "RGB"))
    except FileNotFoundError:
        raise TilewrightError(f"{file}: no such file") from None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise TilewrightError(f"{name or file}: not an image that Pillow can read ({error})") from None
    return pixels[..., np.newaxis] if grey else pixels


def to_grey(picture: np.ndarray) -> np.ndarray:
    """(..., 3) RGB -> (..., 1), as Pillow's convert("L") to the bit; grey pictures stay as they are."""
    if picture.shape[-1] == 1:
        return picture
    return ((picture @ _GREY_WEIGHTS + (1 << 15)) >> 16).astype(np.uint8)[..., np.newaxis]


def to_colour(picture: np.ndarray) -> np.ndarray:
    """(..., 1) grey -> (..., 3); RGB pictures stay as they are."""
    return picture if picture.shape[-1] == 3 else np.repeat(picture, 3, axis=-1)
