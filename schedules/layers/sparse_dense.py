"""What a matrix product kernel for sparse weights is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from ..sparse_blocks import BLOCK
from .typed import FLOAT, Typed


@dataclass(frozen=True)
class SparseDense(Typed):
    """As Dense, but that of the weights only so many `blocks` are there (schedules.sparse_blocks)."""

    rows: int
    inputs: int
    outputs: int
    blocks: int
    dtype: str = FLOAT

    @property
    def in_shape(self) -> tuple[int, int]:
        """Shape of the data."""
        return (self.rows, self.inputs)

    @property
    def out_shape(self) -> tuple[int, int]:
        """Shape of the result."""
        return (self.rows, self.outputs)

    @property
    def tiles(self) -> int:
        """Groups of outputs that have blocks together."""
        return -(-self.outputs // BLOCK)

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the blocks' values, their places, and where each tile's begin."""
        return ((self.blocks, BLOCK), (self.blocks,), (self.tiles + 1,))

    @property
    def model_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of the weights as the model has them."""
        return ((self.outputs, self.inputs),)

    @property
    def weight_types(self) -> tuple[str, ...]:
        """Their types."""
        return (self.dtype, "int32", "int32")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the dense product."""
        return self.rows * self.inputs * self.outputs
