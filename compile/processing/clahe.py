"""Contrast-limited adaptive histogram equalization (Zuiderveld 1994), the same to the bit as OpenCV's.

The picture is cut into tiles; each has a table that equalizes its histogram, whose peaks are cut off first so that
noise in flat places is not blown up; a pixel takes the tables of the four tiles around it, weighed by its distance to
their middles.  OpenCV is 60 MB, too much for a board that needs this alone.
"""

from __future__ import annotations

import numpy as np

_LEVELS = 256


def clahe(grey: np.ndarray, clip_limit: float = 2.0, tiles: int = 8) -> np.ndarray:
    """(H, W) uint8 -> (H, W) uint8, with `tiles` x `tiles` tiles, as cv2.createCLAHE(clip_limit, (tiles, tiles)).

    `clip_limit` is the largest share of a histogram's bin, as a multiple of the mean bin.
    """
    height, width = grey.shape
    padded = grey
    if height % tiles or width % tiles:  # OpenCV then makes both axes longer, one that was even by a whole `tiles`
        padded = np.pad(grey, ((0, tiles - height % tiles), (0, tiles - width % tiles)), mode="reflect")
    rows, columns = padded.shape[0] // tiles, padded.shape[1] // tiles
    blocks = padded.reshape(tiles, rows, tiles, columns).swapaxes(1, 2).reshape(tiles * tiles, -1)
    limit = max(int(clip_limit * rows * columns / _LEVELS), 1)
    tables = np.stack([_table(block, limit) for block in blocks]).reshape(tiles, tiles, _LEVELS)
    return _interpolate(grey, tables, rows, columns)


def _table(block: np.ndarray, limit: int) -> np.ndarray:
    """The equalizing table of one tile -> (256,) float32."""
    histogram = np.bincount(block, minlength=_LEVELS)
    excess = int(np.maximum(histogram - limit, 0).sum())
    histogram = np.minimum(histogram, limit) + excess // _LEVELS
    if rest := excess % _LEVELS:
        step = max(_LEVELS // rest, 1)
        histogram[: rest * step : step] += 1
    scale = np.float32((_LEVELS - 1) / block.size)
    return np.rint(np.cumsum(histogram).astype(np.float32) * scale).clip(0, _LEVELS - 1).astype(np.float32)


def _interpolate(grey: np.ndarray, tables: np.ndarray, rows: int, columns: int) -> np.ndarray:
    top, bottom, down = _neighbours(grey.shape[0], rows, tables.shape[0])
    left, right, across = _neighbours(grey.shape[1], columns, tables.shape[1])
    top, bottom, down = top[:, np.newaxis], bottom[:, np.newaxis], down[:, np.newaxis]
    one = np.float32(1)
    upper = tables[top, left, grey] * (one - across) + tables[top, right, grey] * across
    lower = tables[bottom, left, grey] * (one - across) + tables[bottom, right, grey] * across
    return np.rint(upper * (one - down) + lower * down).astype(np.uint8)


def _neighbours(size: int, tile: int, tiles: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of `size` pixels: the tile before, the tile after, and how near it is to the second (0 to 1)."""
    place = np.arange(size, dtype=np.float32) * np.float32(1 / tile) - np.float32(0.5)
    before = np.floor(place).astype(np.int64)
    return np.maximum(before, 0), np.minimum(before + 1, tiles - 1), place - before.astype(np.float32)
