"""What all layers know about the type of their values."""

from __future__ import annotations

FLOAT = "float32"


class Typed:
    """A layer whose activations are `dtype`: "float32", or "uint8" or "int8" with int8 weights and 32-bit sums."""

    dtype: str

    @property
    def integer(self) -> bool:
        """Whether it computes on 8-bit integers."""
        return self.dtype != FLOAT

    @property
    def out_dtype(self) -> str:
        """The type of the result."""
        return "int32" if self.integer else FLOAT
