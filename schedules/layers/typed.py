"""What all layers know about the type of their values."""

from __future__ import annotations

FLOAT, HALF = "float32", "float16"
FLOATS = (FLOAT, HALF)


class Typed:
    """A layer whose activations are `dtype`: "float32" or "float16" in all, or "uint8" or "int8" with int8 weights."""

    dtype: str

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of all that its kernels pack."""
        raise NotImplementedError

    @property
    def model_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the same as the model has it."""
        return self.weight_shapes

    @property
    def integer(self) -> bool:
        """Whether it computes on 8-bit integers."""
        return self.dtype not in FLOATS

    @property
    def of_levels(self) -> bool:
        """Whether it computes what its integers stand for, and so is given their scale and zero point."""
        return False

    @property
    def out_dtype(self) -> str:
        """The type of the result."""
        return "int32" if self.integer else self.dtype

    @property
    def weight_types(self) -> tuple[str, ...]:
        """Types of what its kernels pack; on integers the weights, and the value of padding where they take one."""
        return ("int8", self.dtype) if self.integer else (self.dtype,) * len(self.weight_shapes)
