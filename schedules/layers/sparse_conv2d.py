"""What a convolution kernel for sparse weights is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from ..sparse_blocks import BLOCK
from .typed import FLOAT, Typed


@dataclass(frozen=True)
class SparseConv2d(Typed):
    """A 1x1 convolution at stride 1, as Conv2d, but that only so many `blocks` of the weights are there."""

    batch: int
    channels: int
    height: int
    width: int
    filters: int
    blocks: int
    in_block: int
    out_block: int
    dtype: str = FLOAT

    @property
    def kernel(self) -> tuple[int, int]:
        """(vertical, horizontal)."""
        return (1, 1)

    @property
    def in_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the data."""
        return (self.batch, self.channels // self.in_block, self.height, self.width, self.in_block)

    @property
    def out_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the result."""
        return (self.batch, self.filters // self.out_block, self.height, self.width, self.out_block)

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the blocks' values, their places, and where each tile's begin."""
        return ((self.blocks, BLOCK), (self.blocks,), (self.filters // BLOCK + 1,))

    @property
    def model_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of the weights as the model has them."""
        return ((self.filters, self.channels, 1, 1),)

    @property
    def weight_types(self) -> tuple[str, ...]:
        """Their types."""
        return (self.dtype, "int32", "int32")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the dense convolution."""
        return self.batch * self.height * self.width * self.filters * self.channels
