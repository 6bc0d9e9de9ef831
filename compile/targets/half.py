"""Which networks are computed in half precision."""

from __future__ import annotations

from collections.abc import Collection

_FEATURE = "fullfp16"  # LLVM's name: Arm's vectors of eight halves


def computes_in_half(precision: str, features: Collection[str]) -> bool:
    """Whether a network of `precision` is computed in fp16 on a CPU with `features`, LLVM's names.

    Everywhere else fp16 is how weights are stored, and the network computes in fp32.
    """
    return precision == "fp16" and _FEATURE in features
