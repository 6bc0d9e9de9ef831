"""Register tiles that an instruction of fixed width can compute: whole ones, or one for all there is.

TVM computes of a tile what is read of it, and must see that this is all of it.  So tiles divide the filters, or there
is one, whose first and last lane are read in a case that there is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import tir

from ..machines import Machine
from . import tiles

FEWEST_LANES = 4


def whole_tiles(
    machine: Machine, size: tuple[int, int], filters: int, block: int, dividing: bool = False
) -> Sequence[tiles.Tile]:
    """Register tiles for `size` pixels that divide the filters; or, unless `dividing`, that hold all of them."""
    found = [] if filters % FEWEST_LANES else tiles.register_tiles(machine, *size, filters, block, exact=True)
    if found or dividing:
        return found
    return [one for one in tiles.register_tiles(machine, *size, filters, block) if one.filters > filters]


def read_tile(sums: Any, before: tuple[Any, ...], f: Any, after: tuple[Any, ...], filters: int, tile: int) -> Any:
    """Sum number `f` of `filters`, from (*before, tile, *after, lane)."""
    if filters % tile == 0:
        return sums[(*before, f // tile, *after, f % tile)]
    ends = sums[(*before, 0, *after, 0)] + sums[(*before, 0, *after, tile - 1)]
    return tir.Select(f < 0, ends, sums[(*before, 0, *after, f)])
