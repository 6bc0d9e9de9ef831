"""A sparse weight as the kernels read it: blocks of eight outputs of one input, those that are not all zero.

It is the block compressed row form (BSR) with blocks of 8 x 1, so that a block is a vector and meets one value of the
data: what is left costs what it costs in a dense kernel, and what is not there costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCK = 8  # outputs: a vector of AVX2's, two of NEON's


@dataclass(frozen=True)
class SparseBlocks:
    """The blocks of an (outputs, inputs) matrix, a tile of BLOCK outputs after the other.

    values  (blocks, BLOCK) float32; a last tile that is not full is filled up with zeros
    places  (blocks,) int32: the input of each
    starts  (tiles + 1,) int32: where each tile's blocks begin, and where the last one's end
    """

    values: np.ndarray
    places: np.ndarray
    starts: np.ndarray


def share_of_blocks(weight: np.ndarray) -> float:
    """The share of the blocks of an (outputs, inputs) `weight` that are not all zero."""
    there = _tiles(weight).any(axis=1)
    return float(there.mean())


def sparse_blocks(weight: np.ndarray, multiple: int = 1) -> SparseBlocks:
    """The blocks of an (outputs, inputs) `weight`; each tile has a `multiple` of them, zeros if need be."""
    values, places, counts = [], [], []
    for tile in _tiles(weight):
        there = np.flatnonzero(tile.any(axis=0))
        missing = -len(there) % multiple
        values.append(np.pad(tile[:, there].T, ((0, missing), (0, 0))))
        places.append(np.pad(there, (0, missing)))
        counts.append(len(there) + missing)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return SparseBlocks(np.concatenate(values).astype(np.float32), np.concatenate(places).astype(np.int32), starts)


def _tiles(weight: np.ndarray) -> np.ndarray:
    """(tiles, BLOCK, inputs)."""
    missing = -len(weight) % BLOCK
    filled = np.pad(weight, ((0, missing), (0, 0))) if missing else weight
    return filled.reshape(-1, BLOCK, weight.shape[1])
