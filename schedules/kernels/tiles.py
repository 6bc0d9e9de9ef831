"""Register tiles: how many pixels and filters a kernel works on at once, from what the machine has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..machines import Machine

_MOST_WASTE = 0.15  # of the multiplications, beyond the edge of the output
_MOST_VECTORS = 6  # of filters in a tile
_FEWEST_LANES = 4
_MOST_FULL, _MOST_NARROW = 4, 2  # tiles a space offers, of whole vectors and of narrower ones


@dataclass(frozen=True)
class Tile:
    """`rows` x `columns` pixels by `filters`; `waste` is the share of its work that lies beyond the output's edge."""

    filters: int
    rows: int
    columns: int
    waste: float


def ceil_div(size: int, step: int) -> int:
    """How many steps cover `size`."""
    return -(-size // step)


def round_up(size: int, step: int) -> int:
    """The least multiple of `step` that is not below `size`."""
    return ceil_div(size, step) * step


def divisors(number: int) -> list[int]:
    """All divisors, ascending."""
    return [one for one in range(1, number + 1) if number % one == 0]


def lanes_of(machine: Machine, filters: int) -> int:
    """Floats of the vectors that compute `filters`: the largest power of two that divides them and fits a register."""
    return min(machine.float_lanes, filters & -filters)


def best_parts(size: int, most: int) -> list[int]:
    """Numbers up to `most` to cut `size` into, the one that wastes least and overlaps most first."""
    counts = range(1, min(most, size) + 1)
    return sorted(counts, key=lambda count: (round_up(size, count) * (1 + 1 / count), -count))


def register_tiles(
    machine: Machine, height: int, width: int, filters: int, block: int, exact: bool = False
) -> Sequence[Tile]:
    """Tiles whose sums fit the registers beside the weights of one step and one pixel.

    `filters` filters in blocks of `block` are to be computed; when `exact`, tiles must divide them.  The tile with the
    fewest cycles for a multiply-add that counts comes first; where whole vectors would waste some, narrower vectors are
    offered as well.
    """
    lanes, found = machine.float_lanes, []
    while not found or (filters % (2 * lanes) and lanes >= _FEWEST_LANES):
        fitting = [
            tile
            for tile in _tiles(machine, height, width, filters, block, lanes)
            if not exact or not filters % tile.filters
        ]
        good = [tile for tile in fitting if tile.waste <= _MOST_WASTE] or fitting
        found += sorted(good, key=lambda tile: cost(machine, tile))[: _MOST_FULL if not found else _MOST_NARROW]
        lanes //= 2
        if not lanes:
            break
    return sorted(dict.fromkeys(found), key=lambda tile: cost(machine, tile))  # vectors of two widths can agree


def _tiles(machine: Machine, height: int, width: int, filters: int, block: int, lanes: int) -> list[Tile]:
    """All tiles of vectors of `lanes` that hold whole blocks, or all filters."""
    found = []
    for vectors in range(1, _MOST_VECTORS + 1):
        tile = vectors * lanes
        if (tile % block and tile < filters) or tile > round_up(filters, lanes):
            continue
        most = (machine.vector_registers - 1 - vectors) // vectors
        for rows, columns in _pixels(most, height, width):
            covered = round_up(height, rows) * round_up(width, columns) * round_up(filters, tile)
            found.append(Tile(tile, rows, columns, 1 - height * width * filters / covered))
    return found


def _pixels(most: int, height: int, width: int) -> list[tuple[int, int]]:
    """Rectangles of at most `most` pixels: parts of a row, or whole rows."""
    shapes = [(1, columns) for columns in range(1, min(most, width) + 1)]
    shapes += [(rows, width) for rows in range(2, most // width + 1) if rows <= height]
    return shapes


def cost(machine: Machine, tile: Tile) -> float:
    """Cycles for a multiply-add that counts, about: by ports, by loads (two a cycle), by latency."""
    lanes = lanes_of(machine, tile.filters)
    vectors, pixels = tile.filters // lanes, tile.rows * tile.columns
    work = vectors * pixels
    cycles = max(work / machine.fma_ports, (vectors + pixels) / 2, float(machine.fma_latency))
    return cycles * (1 + 1 / work) / (work * lanes) / (1 - tile.waste)
