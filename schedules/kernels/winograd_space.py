"""Which tiles and blocks are worth trying for Winograd's algorithm on a layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..layers import HALF, Conv2d
from ..machines import Machine
from . import tiles
from .winograd_tiling import Config, taps_of, tile_outputs

_MOST_TAPS = 16  # along a dimension
_MOST_INPUTS = 8  # of a tile, along a dimension: beyond, rounding eats the result
_OF_HALF = 2  # outputs of a tile: with 4, the answer of ResNet20 in fp16 has 43 dB where it has 52
_SMALL, _LARGE = 16 * 16, 24 * 24  # pixels
_FLOAT_BYTES = 4
_MOST_VECTORS, _MOST_PASSES = 4, 4  # of filters in a register tile; of register tiles over a block
_MOST_WASTE = 0.15  # of the multiplications, on filters that do not exist

_Shapes = set[tuple[int, int]]  # (rows, columns) of the tiles of a block
_Cut = Callable[[int, int], _Shapes]  # (rows, columns) of all tiles -> blocks to choose from


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Blocks of tiles that divide the map well, with register tiles that divide the block."""
    plain = layer.strides == layer.dilations == (1, 1) and layer.groups == 1
    if not plain or not 1 < max(layer.kernel) <= _MOST_TAPS:
        return ()
    if layer.in_block % 4 or layer.out_block % 4:
        return ()
    outputs = _outputs(layer)
    whole = [config for m in outputs for config in _of_tile(layer, machine, m, _whole_rows)]
    # A wide map, as VGG16's and UNet's first ones are, has too many tiles in half a row, and wastes few at its edge.
    return whole or [config for m in sorted(outputs)[::-1] for config in _of_tile(layer, machine, m, _parts_of_rows)]


def _of_tile(layer: Conv2d, machine: Machine, m: int, cut: _Cut) -> Iterator[Config]:
    """Those with tiles of `m` outputs, in blocks as `cut` gives them."""
    rows_of_tile, columns_of_tile = tile_outputs(layer, m)
    down, across = tiles.ceil_div(layer.out_height, rows_of_tile), tiles.ceil_div(layer.out_width, columns_of_tile)
    many_weights = layer.filters > down * across  # more of them than values of the transformed input
    large = not many_weights and _transformed_bytes(layer, m, down * across) > machine.l2_bytes
    for rows, columns, pixels, filters in _blocks(layer, machine, down, across, cut(down, across)):
        shape = (m, rows, columns, filters, pixels)
        found = [Config(*shape, "filters" if many_weights else "pixels", "once")]
        if down * across > 2 * rows * columns:  # else the threads would have nothing to share
            found.append(Config(*shape, "pixels", "block"))
        yield from reversed(found) if large else found


def _transformed_bytes(layer: Conv2d, m: int, count: int) -> int:
    """Of the input, in `count` tiles."""
    rows, columns = (
        outputs + taps_of(length)[0] - 1 for outputs, length in zip(tile_outputs(layer, m), layer.kernel, strict=True)
    )
    return layer.batch * count * rows * columns * layer.channels * _FLOAT_BYTES


def _whole_rows(down: int, across: int) -> _Shapes:
    """Of tiles, or half of one."""
    return {*((rows, across) for rows in range(1, down + 1)), (1, tiles.ceil_div(across, 2))}


def _parts_of_rows(down: int, across: int) -> _Shapes:
    """Of tiles, less than half of one."""
    return {(1, tiles.ceil_div(across, parts)) for parts in range(3, across + 1)}


def _outputs(layer: Conv2d) -> tuple[int, ...]:
    """Larger tiles save more multiplications, but small maps waste them at the edge, and their weights grow."""
    pixels, large = layer.out_height * layer.out_width, _LARGE if min(layer.kernel) > 1 else _SMALL
    if layer.dtype == HALF:
        return (_OF_HALF,)
    wanted = (4, 2) if pixels <= _SMALL else (4, 6) if pixels >= large else (4,)
    most = _MOST_INPUTS + 1 - max(taps_of(length)[0] for length in layer.kernel)
    return tuple(dict.fromkeys(min(m, most) for m in wanted))


def _blocks(
    layer: Conv2d, machine: Machine, down: int, across: int, shapes: _Shapes
) -> list[tuple[int, int, int, int]]:
    """(tile rows, tile columns, register pixels, filters): of each number of filters the least wasteful."""
    best: dict[int, tuple[float, tuple[int, int, int, int]]] = {}
    for filters in _filters(layer, machine):
        vectors = filters // tiles.lanes_of(machine, filters)
        most = (machine.vector_registers - 1 - vectors) // vectors if vectors <= _MOST_VECTORS else 0
        for rows, columns in shapes:
            passes = tiles.ceil_div(rows * columns, most) if most > 1 else 0
            if not passes or passes > _MOST_PASSES or rows * columns % passes:
                continue
            covered = tiles.round_up(down, rows) * tiles.round_up(across, columns)
            pixels = rows * columns // passes
            cost = covered / (down * across) * (1 + 1 / pixels + 1 / (vectors * machine.fma_latency))
            cost *= tiles.round_up(layer.filters, filters) / layer.filters
            shape = (rows, columns, pixels, filters)
            best[filters] = min(best.get(filters, (cost, shape)), (cost, shape))
    return [shape for _, shape in sorted(best.values())[:3]]


def _filters(layer: Conv2d, machine: Machine) -> Iterator[int]:
    """Whole blocks that divide the filters; where a block is less than a vector, also vectors that overhang little."""
    blocks = layer.filters // layer.out_block
    yield from (count * layer.out_block for count in tiles.divisors(blocks))
    lanes = machine.float_lanes
    while lanes > layer.out_block:
        for vectors in range(1, _MOST_VECTORS + 1):
            covered = tiles.round_up(layer.filters, vectors * lanes)
            if layer.filters % (vectors * lanes) and 1 - layer.filters / covered <= _MOST_WASTE:
                yield vectors * lanes
        lanes //= 2
