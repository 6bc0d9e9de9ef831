"""What a convolution kernel is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .typed import FLOAT, Typed


@dataclass(frozen=True)
class Conv2d(Typed):
    """A convolution on blocked activations; also its key among the tuning records.

    Activations are (batch, channels / block, height, width, block), TVM's NCHWc: `block` channels of a pixel are
    neighbours.
    `kernel`, `strides` and `dilations` are (vertical, horizontal); `pads` are (top, left, bottom, right) zeros.
    """

    batch: int
    channels: int
    height: int
    width: int
    filters: int
    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    groups: int
    in_block: int
    out_block: int
    dtype: str = FLOAT

    @property
    def out_height(self) -> int:
        """Rows of the output."""
        return self._out(self.height, 0)

    @property
    def out_width(self) -> int:
        """Columns of the output."""
        return self._out(self.width, 1)

    def _out(self, size: int, axis: int) -> int:
        return (size + self.pads[axis] + self.pads[axis + 2] - self.reads(axis, 1)) // self.strides[axis] + 1

    def reads(self, axis: int, outputs: int) -> int:
        """How many neighbouring inputs so many neighbouring outputs reach over, along rows (0) or columns (1)."""
        return (outputs - 1) * self.strides[axis] + (self.kernel[axis] - 1) * self.dilations[axis] + 1

    @property
    def in_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the data."""
        return (self.batch, self.channels // self.in_block, self.height, self.width, self.in_block)

    @property
    def out_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the result."""
        blocks = self.filters // self.out_block
        return (self.batch, blocks, self.out_height, self.out_width, self.out_block)

    @property
    def out_bytes(self) -> int:
        """Size of the result in float32."""
        return 4 * prod(self.out_shape)

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weights as the model has them: filters, channels of a group, vertical, horizontal."""
        return (self.filters, self.channels // self.groups, *self.kernel)

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of all that its kernels pack; on integers also the value of padding."""
        return (self.weight_shape, ()) if self.integer else (self.weight_shape,)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of a direct convolution, those with padding zeros included."""
        return self.batch * self.out_height * self.out_width * prod(self.weight_shape)

    @property
    def depthwise(self) -> bool:
        """Each channel has one filter of its own, and no two channels meet."""
        return self.groups == self.channels == self.filters and self.groups > 1
