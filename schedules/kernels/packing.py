"""Weights in the order in which kernels read them, written as Relay operators on the model's weights."""

from __future__ import annotations

from typing import Any

from . import tiles


def pack_filters(weight: Any, shape: tuple[int, ...], tile: int, block: int) -> Any:
    """(K, C, R, S) as (K / tile, C / block, R, S, block, tile): a register tile's weights in the order of use.

    A last tile that is not full is filled up with zeros.
    """
    from tvm import relay

    filters, channels, vertical, horizontal = shape
    wanted = tiles.round_up(filters, tile)
    weight, filters = pad_to(weight, filters, wanted, len(shape)), wanted
    split = relay.reshape(weight, (filters // tile, tile, channels // block, block, vertical, horizontal))
    return relay.transpose(split, (0, 2, 4, 5, 3, 1))


def pad_to(weight: Any, size: int, wanted: int, dimensions: int) -> Any:
    """The first of `dimensions` axes, `size` long, filled up with zeros to `wanted`."""
    from tvm import relay

    return weight if size == wanted else relay.nn.pad(weight, ((0, wanted - size), *[(0, 0)] * (dimensions - 1)))
