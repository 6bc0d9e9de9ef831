"""Bring a picture to a network's size, and a map of answers back to the picture's."""

from __future__ import annotations

from typing import Literal

import numpy as np

Fit = Literal["resize", "resize-bicubic", "center", "inside"]


def fit_picture(picture: np.ndarray, height: int, width: int, fit: Fit, fill: np.ndarray) -> np.ndarray:
    """(H, W, C) uint8 -> (height, width, C), the same array where nothing is to do.

    "resize" scales both axes (bilinear, with Pillow's antialiasing), "resize-bicubic" likewise.  "center" keeps the
    scale, cuts off what is too much and surrounds what is too small with the colour `fill` (C,).  "inside" makes a
    picture that is too large smaller first, in its own proportions, so that nothing is cut off.
    """
    if picture.shape[:2] == (height, width):
        return picture
    if fit.startswith("resize"):
        return _resize(picture, height, width, fit)
    if fit == "inside":
        picture = _resize(picture, *_inside(picture.shape[:2], height, width), fit)
    result = np.empty((height, width, picture.shape[2]), picture.dtype)
    result[:] = fill
    here, there = _overlap(picture.shape[:2], (height, width))
    result[there] = picture[here]
    return result


def restore_map(answer: np.ndarray, height: int, width: int, fit: Fit) -> np.ndarray:
    """A map of answers (h, w) for a picture of height x width that `fit_picture` fitted -> (height, width).

    Where "center" cut the picture off there is no answer: 0.  Class numbers (integers) are repeated, scores (floats)
    interpolated.
    """
    if answer.shape == (height, width):
        return answer
    if fit.startswith("resize"):
        return _resize_map(answer, height, width)
    size = _inside((height, width), *answer.shape) if fit == "inside" else (height, width)
    result = np.zeros(size, answer.dtype)
    here, there = _overlap(size, answer.shape)
    result[here] = answer[there]
    return _resize_map(result, height, width)


def _inside(size: tuple[int, ...], height: int, width: int) -> tuple[int, int]:
    """`size` (H, W) made small enough for height x width, in its own proportions; never larger than it was."""
    factor = min(height / size[0], width / size[1], 1.0)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _resize(picture: np.ndarray, height: int, width: int, fit: Fit) -> np.ndarray:
    from PIL import Image

    if picture.shape[:2] == (height, width):
        return picture
    how = Image.Resampling.BICUBIC if fit == "resize-bicubic" else Image.Resampling.BILINEAR
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    pixels = np.asarray(image.resize((width, height), how))
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _resize_map(answer: np.ndarray, height: int, width: int) -> np.ndarray:
    from PIL import Image

    if answer.shape == (height, width):
        return answer
    how = Image.Resampling.BILINEAR if answer.dtype.kind == "f" else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(answer).resize((width, height), how))


def _overlap(inner: tuple[int, ...], outer: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where two centered rectangles overlap: the part of the first, and the part of the second."""
    first, second = [], []
    for one, other in zip(inner, outer, strict=True):
        common = min(one, other)
        first.append(slice((one - common) // 2, (one - common) // 2 + common))
        second.append(slice((other - common) // 2, (other - common) // 2 + common))
    return tuple(first), tuple(second)
