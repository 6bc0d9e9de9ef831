"""What to do to a network: every choice of a quantization, so that it can be made again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import TilewrightError, unknown_name
from .ranges import METHODS

ACTIVATIONS = ("uint8", "int8")
WEIGHT_BITS, ACTIVATION_BITS = (8, 7, 4), (8, 4)


@dataclass(frozen=True)
class Recipe:
    """Static quantization, after training or during it.

    method        how the activations' ranges are chosen, one of `ranges.METHODS`
    activations   "uint8" or "int8"
    symmetric     the range is the same on both sides of 0, whose level is the middle one
    per_channel   a step for each output channel of a weight, else one for all
    weight_bits   8, or 7 where two 8-bit products would overflow 16 bits (AVX2's vpmaddubsw), or 4
    equalize      cross-layer equalization first
    correct_bias  bias correction: the mean error that rounding the weights causes is taken off the biases
    keep          nodes, by name or operator, that stay fp32
    activation_bits  8 or 4
    edge_bits     where others have 4: bits of the network's inputs and results, of the first and last layer's weights
    """

    method: str = "percentile"
    activations: str = "uint8"
    symmetric: bool = False
    per_channel: bool = True
    weight_bits: int = 8
    equalize: bool = False
    correct_bias: bool = False
    keep: tuple[str, ...] = ()
    activation_bits: int = 8
    edge_bits: int = 8

    def __post_init__(self) -> None:
        """Raises TilewrightError for a choice there is not."""
        if self.method not in METHODS:
            raise unknown_name("calibration method", self.method, METHODS)
        if self.activations not in ACTIVATIONS:
            raise unknown_name("type of activations", self.activations, ACTIVATIONS)
        for what, bits, known in (
            ("weights", self.weight_bits, WEIGHT_BITS),
            ("activations", self.activation_bits, ACTIVATION_BITS),
            ("a network's edges", self.edge_bits, ACTIVATION_BITS),
        ):
            if bits not in known:
                raise TilewrightError(f"{what} have {' or '.join(map(str, known))} bits, not {bits}")
        if self.activation_bits == 4 and self.weight_bits != 4:
            raise TilewrightError("4-bit activations go with 4-bit weights: ONNX Runtime has no kernel for others")

    @property
    def precision(self) -> str:
        """In a word: int8, or W4A4 for 4-bit weights and activations."""
        return f"W{self.weight_bits}A{self.activation_bits}" if self.four_bits else "int8"

    @property
    def four_bits(self) -> bool:
        """Whether any tensor gets 4 bits."""
        return 4 in (self.weight_bits, self.activation_bits)

    def levels(self, edge: bool) -> int:
        """How many levels an activation has, an input or result of the network where `edge`."""
        return 1 << (self.edge_bits if edge and self.activation_bits == 4 else self.activation_bits)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file's metadata."""
        return asdict(self)
