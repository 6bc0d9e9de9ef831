"""TVM's own templates for convolutions on blocks of channels, in AutoTVM's search spaces, beside our kernels.

Arithmetic and schedule are TVM's (topi/x86/conv2d_avx_common.py, conv2d_avx_1x1.py and depthwise_conv2d.py, which its
ARM targets use as well); the blocks of channels are those of the frozen layout, so that what is left to choose is the
tile of a row, that of rows (1x1) and whether the loop over a kernel's columns is unrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tvm import autotvm, te, topi
from tvm.autotvm.task.space import ConfigEntity, OtherOptionEntity, SplitEntity
from tvm.target import Target

from ..layers import Conv2d
from ..machines import Machine
from . import depthwise_conv2d, tiles
from .kernel import Kernel
from .packing import pack_filters

_MOST_COLUMNS = 64  # as in TVM's space
_COUNT = 3  # of tiles of a row: all of TVM's are tried by nobody


@dataclass(frozen=True)
class Config:
    """columns, rows: the tile of pixels; unrolled: 0 or 1, the loop over the kernel's columns."""

    columns: int
    rows: int
    unrolled: int


def space(layer: Conv2d, machine: Machine) -> Sequence[Config]:
    """Tiles whose sums fit the registers, the largest first."""
    if not _does(layer):
        return ()
    most = max(1, min(_MOST_COLUMNS, machine.vector_registers * machine.float_lanes // layer.out_block))
    columns = [one for one in reversed(tiles.divisors(layer.out_width)) if one <= most][:_COUNT]
    if layer.kernel == (1, 1) and not layer.depthwise:
        rows = [one for one in (1, 2) if layer.out_height % one == 0]
        return [Config(one, row, 0) for one in columns for row in rows]
    return [Config(one, 1, unrolled) for one in columns for unrolled in (1, 0)]


def _does(layer: Conv2d) -> bool:
    """What TVM's computations take, with whole blocks."""
    if layer.depthwise:
        return layer.in_block == layer.out_block and layer.dilations == (1, 1)
    return layer.groups == 1


def pack(layer: Conv2d, config: Config, weight: Any) -> Any:
    """By blocks of filters and of channels."""
    from tvm import relay

    if layer.depthwise:
        packed = depthwise_conv2d.pack(layer, None, weight)
        blocks, vertical, horizontal, block = layer.channels // layer.in_block, *layer.kernel, layer.in_block
        return relay.reshape(packed, (blocks, 1, vertical, horizontal, 1, block))
    return pack_filters(weight, layer.weight_shape, layer.out_block, layer.in_block)


def compute(layer: Conv2d, config: Config, data: Any, weight: Any) -> te.Tensor:
    """TVM's."""
    layouts = (f"NCHW{layer.in_block}c", f"NCHW{layer.out_block}c")
    template: Any = topi.x86.depthwise_conv2d_NCHWc if layer.depthwise else topi.x86.conv2d_NCHWc
    with _target(), autotvm.task.ApplyConfig(_entity(layer, config)):
        return template(data, weight, layer.strides, layer.pads, layer.dilations, *layouts, layer.dtype)


def work(layer: Conv2d, config: Config) -> int:
    """Every multiply-add of the definition."""
    return layer.macs


def schedule(layer: Conv2d, config: Config, machine: Machine, result: Any) -> te.Schedule:
    """TVM's."""
    template: Any = topi.x86.schedule_depthwise_conv2d_NCHWc if layer.depthwise else topi.x86.schedule_conv2d_NCHWc
    with _target(), autotvm.task.ApplyConfig(_entity(layer, config)):
        return template(result)


def _target() -> Any:
    """The templates ask for one, though neither their arithmetic nor their schedules depend on it."""
    return Target.current(allow_none=True) or Target("llvm")


def _entity(layer: Conv2d, config: Config) -> ConfigEntity:
    """The config as the templates look it up: all their choices."""
    chosen = {
        "tile_ic": SplitEntity([layer.channels // layer.in_block, layer.in_block]),
        "tile_oc": SplitEntity([layer.filters // layer.out_block, layer.out_block]),
        "tile_ow": SplitEntity([layer.out_width // config.columns, config.columns]),
        "tile_oh": OtherOptionEntity(config.rows),
        "unroll_kw": OtherOptionEntity(bool(config.unrolled)),
    }
    return ConfigEntity(0, None, chosen, [])


KERNEL = Kernel("tvm_conv2d", Conv2d, Config, space, pack, compute, work, schedule)
