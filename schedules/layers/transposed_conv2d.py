"""What a kernel for non-overlapping transposed convolutions is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .typed import FLOAT, Typed


@dataclass(frozen=True)
class TransposedConv2d(Typed):
    """A transposed convolution with strides equal to its kernel and no padding; activations as in `Conv2d`."""

    batch: int
    channels: int
    height: int
    width: int
    filters: int
    kernel: tuple[int, int]
    in_block: int
    out_block: int
    dtype: str = FLOAT

    @property
    def in_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the data."""
        return (self.batch, self.channels // self.in_block, self.height, self.width, self.in_block)

    @property
    def out_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the result."""
        height, width = self.height * self.kernel[0], self.width * self.kernel[1]
        return (self.batch, self.filters // self.out_block, height, width, self.out_block)

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the weights as the model has them: channels, filters, vertical, horizontal."""
        return (self.channels, self.filters, *self.kernel)

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of all that its kernels pack."""
        return (self.weight_shape,)

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.batch * self.height * self.width * prod(self.weight_shape)
