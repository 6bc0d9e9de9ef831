"""What the layout pass knows about a tensor: still as Relay had it, or in blocks of channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Blocked:
    """An activation as (batch, channels / block, height, width, block): the shape of the Relay expression `expr`."""

    expr: Any
    batch: int
    channels: int
    height: int
    width: int
    block: int

    @property
    def layout(self) -> str:
        """TVM's name for it."""
        return f"NCHW{self.block}c"

    def like(self, expr: Any) -> Blocked:
        """Another tensor of the same shape."""
        return replace(self, expr=expr)

    def reblocked(self, block: int) -> Blocked:
        """The same tensor with another block."""
        from tvm import relay

        if block == self.block:
            return self
        if 1 in (block, self.block) and self.height * self.width == 1:
            shape = (self.batch, self.channels // block, 1, 1, block)
            return replace(self, expr=relay.reshape(self.expr, shape), block=block)
        return replace(self, expr=relay.layout_transform(self.expr, self.layout, f"NCHW{block}c"), block=block)

    def plain(self) -> Any:
        """The expression as NCHW."""
        from tvm import relay

        if self.block == 1 or self.height * self.width == 1:  # then the order in memory is the same
            return relay.reshape(self.expr, (self.batch, self.channels, self.height, self.width))
        return relay.layout_transform(self.expr, self.layout, "NCHW")


@dataclass(frozen=True)
class Joined:
    """Channels one after the other that were never copied together; what follows works on each part."""

    parts: tuple[Blocked, ...]

    @property
    def channels(self) -> int:
        """All channels."""
        return sum(part.channels for part in self.parts)

    def together(self) -> Blocked:
        """One tensor, in the smallest of the parts' blocks: a copy."""
        from tvm import relay

        block = min(part.block for part in self.parts)
        joined = relay.concatenate([part.reblocked(block).expr for part in self.parts], axis=1)
        return replace(self.parts[0], expr=joined, channels=self.channels, block=block)

    def plain(self) -> Any:
        """The expression as NCHW."""
        return self.together().plain()


@dataclass(frozen=True)
class Flat:
    """A blocked activation seen as (batch, channels * height * width), in the order in which it lies."""

    blocked: Blocked

    def like(self, expr: Any) -> Flat:
        """Another tensor of the same shape, in blocks."""
        return Flat(self.blocked.like(expr))

    def plain(self) -> Any:
        """The expression in the order of NCHW."""
        from tvm import relay

        one = self.blocked
        return relay.reshape(one.plain(), (one.batch, one.channels * one.height * one.width))

    def places_of(self, inputs: Any) -> Any:
        """Where the values with these numbers (int32, in the order of NCHW) lie."""
        from tvm import relay

        one, pixels = self.blocked, self.blocked.height * self.blocked.width
        if one.block == 1 or pixels == 1:
            return inputs
        channel, pixel = (operator(inputs, relay.const(pixels)) for operator in (relay.floor_divide, relay.floor_mod))
        block, lane = (operator(channel, relay.const(one.block)) for operator in (relay.floor_divide, relay.floor_mod))
        before = relay.add(relay.multiply(block, relay.const(pixels)), pixel)
        return relay.add(relay.multiply(before, relay.const(one.block)), lane)

    def in_its_order(self, weight: Any) -> Any:
        """(outputs, inputs) weights with the inputs in the order in which the values lie."""
        from tvm import relay

        one = self.blocked
        split = relay.reshape(weight, (-1, one.channels // one.block, one.block, one.height, one.width))
        return relay.reshape(relay.transpose(split, (0, 1, 3, 4, 2)), (-1, one.channels * one.height * one.width))


@dataclass(frozen=True)
class Averaged(Blocked):
    """The means of what integers stood for: ONNX Runtime adds the zero point before it rounds these, and only these."""


@dataclass(frozen=True)
class Scaled:
    """Integers in blocks that stand for (level - zero) * scale, which nobody has computed yet.

    levels  uint8 or int8, or int32 for the sums of a layer; its `expr` is of type `dtype`
    scale   float32, one for all, () or one a channel, (channels,)
    ends    the least and the greatest level where they are known to be nearer than those of the type
    """

    levels: Blocked | Flat
    dtype: str
    scale: np.ndarray
    zero: int
    ends: tuple[int, int] | None = None

    @property
    def blocked(self) -> Blocked:
        """The integers, also of what is seen flat."""
        return self.levels.blocked if isinstance(self.levels, Flat) else self.levels

    def like(self, expr: Any) -> Scaled:
        """Other integers of the same shape and meaning."""
        return replace(self, levels=self.levels.like(expr))

    def per_channel(self, values: np.ndarray) -> Any:
        """One number for all, or one a channel, as Relay broadcasts it over the blocks; the type stays."""
        from tvm import relay

        if values.size == 1:
            return relay.const(values.reshape(()), str(values.dtype))
        blocks = (self.blocked.channels // self.blocked.block, 1, 1, self.blocked.block)
        return relay.reshape(relay.const(values, str(values.dtype)), blocks)

    def floats(self) -> Blocked | Flat:
        """The values themselves."""
        from tvm import relay

        values = relay.cast(self.blocked.expr, "float32")
        if self.zero:
            values = relay.subtract(values, relay.const(float(self.zero)))
        return self.levels.like(relay.multiply(values, self.per_channel(self.scale)))

    def plain(self) -> Any:
        """The values in the order of NCHW."""
        return self.floats().plain()


@dataclass(frozen=True)
class Sum:
    """Two tensors of one shape that are to be added, which nobody has done yet: each has its own scale."""

    parts: tuple[Scaled, Scaled]

    def floats(self) -> Blocked:
        """The values themselves."""
        from tvm import relay

        total: Any = None
        for part in self.parts:
            found = part.floats()
            one = found.blocked.expr if isinstance(found, Flat) else found.expr
            total = one if total is None else relay.add(total, one)
        return self.parts[0].blocked.like(total)

    def levels_at(self, scale: np.ndarray, zero: int) -> Any:
        """Their sum over `scale` and the zero point, to be rounded: in the order of ONNX Runtime, to the bit.

        Both parts are multiplied by their share of the scale and added, by fused multiply-adds, to what is constant
        (MlasQLinearAddKernel, onnxruntime/core/mlas/lib/intrinsics/avx2/qladd_avx2.cpp).
        """
        from tvm import relay

        first, second = self.parts
        share, other = (np.float32(part.scale / scale) for part in self.parts)
        zeros = np.float32(float(share) * first.zero + float(np.float32(other * second.zero)))
        total = relay.const(np.float32(zero) - zeros, "float32")
        for factor, part in ((other, second), (share, first)):
            levels = relay.cast(part.blocked.expr, "float32")
            total = relay.add(relay.multiply(levels, relay.const(factor, "float32")), total)
        return total

    def plain(self) -> Any:
        """The values in the order of NCHW."""
        return self.floats().plain()


def block_of(channels: int, largest: int) -> int:
    """The largest power of two up to `largest` that divides `channels`; few odd channels are one block."""
    block = largest
    while channels % block:
        block //= 2
    return channels if block < 4 and channels <= largest else block


def blocked(expr: Any, shape: tuple[int, ...], block: int) -> Blocked:
    """A plain (N, C, H, W) expression in blocks; free of charge for block 1."""
    from tvm import relay

    batch, channels, height, width = shape
    value = Blocked(relay.reshape(expr, (batch, channels, height, width, 1)), batch, channels, height, width, 1)
    if block == 1:
        return value
    if height * width == 1:
        return value.reblocked(block)
    return replace(value, expr=relay.layout_transform(expr, "NCHW", f"NCHW{block}c"), block=block)


def shape_of(expr: Any) -> tuple[int, ...]:
    """The shape of a type-checked expression."""
    return tuple(int(size) for size in expr.checked_type.shape)


def pair(values: Any) -> tuple[int, int]:
    """(vertical, horizontal) of an attribute."""
    vertical, horizontal = (int(value) for value in values)
    return vertical, horizontal


def four(values: Any) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of an attribute."""
    top, left, bottom, right = (int(value) for value in values)
    return top, left, bottom, right


def attributes(call: Any) -> dict[str, Any]:
    """The attributes of a Relay call by name."""
    return {str(key): call.attrs[key] for key in call.attrs.keys()}  # noqa: SIM118 (they do not iterate)


def is_pointwise(conv: Any) -> bool:
    """Whether an nn.conv2d is a plain 1x1 one: stride 1, one group, nothing around the picture."""
    attrs = conv.attrs
    plain = attrs.data_layout == "NCHW" and attrs.kernel_layout == "OIHW" and attrs.groups == 1
    ones = [*shape_of(conv.args[1])[2:], *attrs.strides]
    return plain and all(int(one) == 1 for one in ones) and not any(int(one) for one in attrs.padding)


def elements(shape: tuple[int, ...]) -> int:
    """How many values a tensor of `shape` has."""
    return prod(shape)
