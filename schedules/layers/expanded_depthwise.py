"""What a kernel for a 1x1 convolution and the depthwise convolution after it is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from .conv2d import Conv2d
from .typed import FLOAT, Typed


@dataclass(frozen=True)
class ExpandedDepthwise(Typed):
    """A 1x1 convolution with bias, limited to [low, high], then a depthwise convolution: half an inverted residual.

    `low` and `high` are the activation between the two (ReLU6: 0 and 6; none: None); the other fields are those of the
    depthwise convolution, but for `channels`, which go into the 1x1 convolution.  Activations as in `Conv2d`.
    """

    batch: int
    channels: int
    height: int
    width: int
    filters: int
    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    low: float | None
    high: float | None
    in_block: int
    out_block: int
    dtype: str = FLOAT

    @property
    def expansion(self) -> Conv2d:
        """The 1x1 convolution."""
        size = (self.batch, self.channels, self.height, self.width, self.filters)
        return Conv2d(*size, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1, self.in_block, self.out_block)

    @property
    def depthwise(self) -> Conv2d:
        """The depthwise convolution."""
        size = (self.batch, self.filters, self.height, self.width, self.filters)
        block = self.out_block
        return Conv2d(*size, self.kernel, self.strides, self.pads, (1, 1), self.filters, block, block)

    @property
    def in_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the data."""
        return self.expansion.in_shape

    @property
    def out_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the result."""
        return self.depthwise.out_shape

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of all that its kernels pack: both weights, and the bias between them."""
        return (self.expansion.weight_shape, (self.filters, 1, 1), self.depthwise.weight_shape)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of both."""
        return self.expansion.macs + self.depthwise.macs
