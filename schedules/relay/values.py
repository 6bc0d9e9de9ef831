"""What the layout pass knows about a tensor: still as Relay had it, or in blocks of channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


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
