"""Register tiles that an instruction of fixed width can compute: whole ones.

TVM computes of a tile what is read of it, and must see that this is all of it: where a single tile holds more than
there is, its first and last lane are read in a case that there is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tvm import tir

from ..machines import Machine
from . import tiles

FEWEST_LANES = 4
_MOST_OVER = 3


def whole_tiles(
    machine: Machine, size: tuple[int, int], filters: int, block: int, dividing: bool = False
) -> Sequence[tiles.Tile]:
    """Register tiles for `size` pixels: those that divide the filters, and unless `dividing` those that do not.

    These only where they are of wider vectors.  The tile with the fewest cycles for a product comes first.
    """
    exact = [] if filters % FEWEST_LANES else tiles.register_tiles(machine, *size, filters, block, exact=True)
    if dividing or tiles.lanes_of(machine, filters) == machine.float_lanes:
        return exact
    found = tiles.register_tiles(machine, *size, filters, block)
    over = [one for one in found if filters % one.filters and one.filters % FEWEST_LANES == 0]
    wider = [one for one in over if tiles.lanes_of(machine, one.filters) > tiles.lanes_of(machine, filters)]
    return sorted([*wider[:_MOST_OVER], *exact], key=lambda one: tiles.cost(machine, one))


def read_tile(sums: Any, before: tuple[Any, ...], f: Any, after: tuple[Any, ...], filters: int, tile: int) -> Any:
    """Sum number `f` of `filters`, from (*before, tile, *after, lane)."""
    if filters >= tile:
        return sums[(*before, f // tile, *after, f % tile)]
    ends = sums[(*before, 0, *after, 0)] + sums[(*before, 0, *after, tile - 1)]
    return tir.Select(f < 0, ends, sums[(*before, 0, *after, f)])
