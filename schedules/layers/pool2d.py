"""What a pooling kernel is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .typed import FLOAT, Typed


@dataclass(frozen=True)
class Pool2d(Typed):
    """The largest value or the mean of a window that moves over every channel; activations as in `Conv2d`.

    what    "max"; "mean" of what lies in the picture; "mean with pads", which count as zeros; "sum", of integers
            the mean of integers is of what they stand for, in float32
    kernel  the window, (vertical, horizontal); the whole picture for a global pooling
    """

    batch: int
    channels: int
    height: int
    width: int
    what: str
    kernel: tuple[int, int]
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    in_block: int
    dtype: str = FLOAT

    @property
    def out_dtype(self) -> str:
        """The greatest value has the type of the values, a mean is a real number."""
        return self.dtype if self.what == "max" else FLOAT if self.of_levels else super().out_dtype

    @property
    def of_levels(self) -> bool:
        """A mean of integers is."""
        return self.integer and self.what.startswith("mean")

    @property
    def out_height(self) -> int:
        """Rows of the output."""
        return (self.height + self.pads[0] + self.pads[2] - self.kernel[0]) // self.strides[0] + 1

    @property
    def out_width(self) -> int:
        """Columns of the output."""
        return (self.width + self.pads[1] + self.pads[3] - self.kernel[1]) // self.strides[1] + 1

    def reads(self, axis: int, outputs: int) -> int:
        """How many neighbouring inputs so many neighbouring outputs reach over, along rows (0) or columns (1)."""
        return (outputs - 1) * self.strides[axis] + self.kernel[axis]

    @property
    def out_block(self) -> int:
        """Channels stay where they are."""
        return self.in_block

    @property
    def in_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the data."""
        return (self.batch, self.channels // self.in_block, self.height, self.width, self.in_block)

    @property
    def out_shape(self) -> tuple[int, int, int, int, int]:
        """Shape of the result."""
        return (self.batch, self.channels // self.in_block, self.out_height, self.out_width, self.in_block)

    @property
    def weight_shapes(self) -> tuple[tuple[int, ...], ...]:
        """None, or the scale and zero point of the levels."""
        return ((), ()) if self.of_levels else ()

    @property
    def weight_types(self) -> tuple[str, ...]:
        """Those of the scale and the zero point."""
        return (FLOAT, self.dtype)

    @property
    def macs(self) -> int:
        """Comparisons and additions do not count."""
        return 0

    @property
    def values(self) -> int:
        """How many are compared or added."""
        return prod(self.out_shape) * prod(self.kernel)
