"""What to do to a network: every choice of a quantization, so that it can be made again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import TilewrightError, unknown_name
from .ranges import METHODS

ACTIVATIONS = ("uint8", "int8")
WEIGHT_BITS = (8, 7)


@dataclass(frozen=True)
class Recipe:
    """Post-training static quantization.

    method        how the activations' ranges are chosen, one of `ranges.METHODS`
    activations   "uint8" or "int8"
    symmetric     the range is the same on both sides of 0, whose level is the middle one
    per_channel   a step for each output channel of a weight, else one for all
    weight_bits   8, or 7 where two 8-bit products would overflow 16 bits (AVX2's vpmaddubsw)
    equalize      cross-layer equalization first
    correct_bias  bias correction: the mean error that rounding the weights causes is taken off the biases
    keep          nodes, by name or operator, that stay fp32
    """

    method: str = "percentile"
    activations: str = "uint8"
    symmetric: bool = False
    per_channel: bool = True
    weight_bits: int = 8
    equalize: bool = False
    correct_bias: bool = False
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises TilewrightError for a choice there is not."""
        if self.method not in METHODS:
            raise unknown_name("calibration method", self.method, METHODS)
        if self.activations not in ACTIVATIONS:
            raise unknown_name("type of activations", self.activations, ACTIVATIONS)
        if self.weight_bits not in WEIGHT_BITS:
            raise TilewrightError(f"weights have {' or '.join(map(str, WEIGHT_BITS))} bits, not {self.weight_bits}")

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file's metadata."""
        return asdict(self)
