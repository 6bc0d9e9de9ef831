"""What a matrix product kernel is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from .typed import FLOAT, Typed


class MatrixProduct(Typed):
    """(rows, inputs) times the transpose of (outputs, inputs), however the weights lie."""

    rows: int
    inputs: int
    outputs: int

    @property
    def in_shape(self) -> tuple[int, int]:
        """Shape of the data."""
        return (self.rows, self.inputs)

    @property
    def out_shape(self) -> tuple[int, int]:
        """Shape of the result."""
        return (self.rows, self.outputs)

    @property
    def weight_shape(self) -> tuple[int, int]:
        """Shape of the weights as the model has them."""
        return (self.outputs, self.inputs)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the dense product."""
        return self.rows * self.inputs * self.outputs


@dataclass(frozen=True)
class Dense(MatrixProduct):
    """(rows, inputs) times the transpose of (outputs, inputs); also its key among the tuning records."""

    rows: int
    inputs: int
    outputs: int
    dtype: str = FLOAT

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of all that its kernels pack."""
        return (self.weight_shape,)
