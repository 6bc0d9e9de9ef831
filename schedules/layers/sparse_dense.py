"""What a matrix product kernel for sparse weights is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from ..sparse_blocks import BLOCK
from .dense import MatrixProduct
from .typed import FLOAT


@dataclass(frozen=True)
class SparseDense(MatrixProduct):
    """As Dense, but that of the weights only so many `blocks` are there (schedules.sparse_blocks)."""

    rows: int
    inputs: int
    outputs: int
    blocks: int
    dtype: str = FLOAT

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
        return (self.weight_shape,)

    @property
    def weight_types(self) -> tuple[str, ...]:
        """Their types."""
        return (self.dtype, "int32", "int32")
