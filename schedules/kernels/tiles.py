"""Register tiles: how many pixels and filters a kernel works on at once, from what the machine has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..machines import Machine

_MOST_WASTE = 0.15  # of the multiplications, beyond the edge of the output
_MOST = 4  # tiles a space offers


@dataclass(frozen=True)
class Tile:
    """`rows` x `columns` pixels by `filters`; `waste` is the share of its work that lies beyond the output's edge."""

    filters: int
    rows: int
    columns: int
    waste: float


def round_up(size: int, step: int) -> int:
    """The least multiple of `step` that is not below `size`."""
    return -(-size // step) * step


def divisors(number: int) -> list[int]:
    """All divisors, ascending."""
    return [one for one in range(1, number + 1) if number % one == 0]


def lanes_of(machine: Machine, block: int) -> int:
    """Floats of the vectors that compute a block: the next power of two, as far as the machine has such vectors."""
    return min(machine.float_lanes, 1 << (block - 1).bit_length())


def best_parts(size: int, most: int) -> list[int]:
    """Numbers up to `most` to cut `size` into, the one that wastes least and overlaps most first."""
    counts = range(1, min(most, size) + 1)
    return sorted(counts, key=lambda count: (round_up(size, count) * (1 + 1 / count), -count))


def register_tiles(machine: Machine, height: int, width: int, filter_blocks: int, block: int) -> Sequence[Tile]:
    """Tiles whose sums fit the registers beside one vector of weights for each `lanes` filters and one of pixels.

    `filter_blocks` blocks of `block` filters are to be divided.  The tile with the least waste, then with the fewest
    loads for a multiply-add, comes first.
    """
    found = []
    lanes = lanes_of(machine, block)
    for blocks in divisors(filter_blocks):
        if blocks > 1 and block % lanes:
            continue  # lanes of several blocks would not meet
        filters = round_up(blocks * block, lanes)
        vectors = filters // lanes
        most = (machine.vector_registers - 1 - vectors) // vectors if vectors < machine.vector_registers else 0
        if not most or (vectors > 6):
            continue
        for rows, columns in _pixels(most, height, width):
            waste = 1 - height * width / (round_up(height, rows) * round_up(width, columns))
            found.append(Tile(filters, rows, columns, waste))
    good = [tile for tile in found if tile.waste <= _MOST_WASTE] or found
    return sorted(good, key=lambda tile: _cost(machine, tile, lanes))[:_MOST]


def _pixels(most: int, height: int, width: int) -> list[tuple[int, int]]:
    """Rectangles of at most `most` pixels: parts of a row, or whole rows."""
    shapes = [(1, columns) for columns in range(1, min(most, width) + 1)]
    shapes += [(rows, width) for rows in range(2, most // width + 1) if rows <= height]
    return shapes


def _cost(machine: Machine, tile: Tile, lanes: int) -> float:
    """Cycles for one useful multiply-add, about: by ports, by loads (two a cycle), by latency."""
    vectors, pixels = tile.filters // lanes, tile.rows * tile.columns
    work = vectors * pixels
    loads = (vectors + pixels) / 2
    cycles = max(work / machine.fma_ports, loads, float(machine.fma_latency))
    return cycles * (1 + 1 / work) / work / (1 - tile.waste)
