"""How Winograd's algorithm cuts a convolution: its output into tiles and blocks of tiles, its kernel into parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..layers import Conv2d
from . import tiles
from .cook_toom import Transforms, transforms

_MOST_TAPS = 5  # of a part


@dataclass(frozen=True)
class Config:
    """A task is a block of `tile_rows` x `tile_columns` tiles and `filters` filters.

    m        outputs of a tile along a dimension with more than one tap
    pixels   tiles in a register tile, by `vectors` vectors of filters
    first    "pixels" or "filters": what the outer loop, and so a thread, keeps in its cache
    input    "once": all tiles are transformed before the products; "block": each task transforms its own block
    """

    m: int
    tile_rows: int
    tile_columns: int
    filters: int
    pixels: int
    first: str
    input: str


def taps_of(length: int) -> tuple[int, int]:
    """(taps of a part, parts) of a kernel that has `length` taps along a dimension; the last part may have zeros.

    The parts' products add up before the output transform, so that 13 taps cost three times the products of 5.
    """
    parts = tiles.ceil_div(length, _MOST_TAPS)
    return tiles.ceil_div(length, parts), parts


@dataclass(frozen=True)
class Tiling:
    """Each pair is (along rows, along columns).

    m, a     outputs of a tile, and its inputs
    taps     of a part of the kernel
    parts    of the kernel
    tiles    in a block
    blocks   in a picture
    """

    m: tuple[int, int]
    a: tuple[int, int]
    taps: tuple[int, int]
    parts: tuple[int, int]
    tiles: tuple[int, int]
    blocks: tuple[int, int]

    @classmethod
    def of(cls, layer: Conv2d, config: Config) -> Tiling:
        """How `config` cuts `layer`."""
        m = tile_outputs(layer, config.m)
        (down, down_parts), (across, across_parts) = taps_of(layer.kernel[0]), taps_of(layer.kernel[1])
        in_block = (config.tile_rows, config.tile_columns)
        blocks = (
            tiles.ceil_div(layer.out_height, m[0] * in_block[0]),
            tiles.ceil_div(layer.out_width, m[1] * in_block[1]),
        )
        a = (m[0] + down - 1, m[1] + across - 1)
        return cls(m, a, (down, across), (down_parts, across_parts), in_block, blocks)

    @property
    def in_block(self) -> int:
        """Tiles in a block."""
        return self.tiles[0] * self.tiles[1]

    @property
    def all_parts(self) -> int:
        """Parts of the kernel, along both dimensions."""
        return self.parts[0] * self.parts[1]

    def transforms(self, dimension: int) -> Transforms:
        """Those along rows (0: from one row to the next) or columns (1)."""
        return transforms(self.m[dimension], self.taps[dimension])

    def corner(self, block: Any, tile: Any) -> tuple[Any, Any, Any]:
        """(picture, row, column) of the first output pixel of a tile."""
        picture = block // (self.blocks[0] * self.blocks[1])
        down, across = block // self.blocks[1] % self.blocks[0], block % self.blocks[1]
        row, column = down * self.tiles[0] + tile // self.tiles[1], across * self.tiles[1] + tile % self.tiles[1]
        return picture, row * self.m[0], column * self.m[1]

    def place(self, picture: Any, y: Any, x: Any) -> tuple[Any, Any, Any, Any]:
        """(block, tile, row in the tile, column in the tile) of an output pixel."""
        row, column = y // self.m[0], x // self.m[1]
        block = (picture * self.blocks[0] + row // self.tiles[0]) * self.blocks[1] + column // self.tiles[1]
        return block, row % self.tiles[0] * self.tiles[1] + column % self.tiles[1], y % self.m[0], x % self.m[1]


def tile_outputs(layer: Conv2d, m: int) -> tuple[int, int]:
    """(rows, columns) of a tile: m along a dimension with more than one tap."""
    return (m if layer.kernel[0] > 1 else 1, m if layer.kernel[1] > 1 else 1)
