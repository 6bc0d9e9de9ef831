"""How far a result lies from its reference: maximum error and signal-to-noise ratio, output by output."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import CheckFailed
from .precisions import ON_INTEGERS, WEIGHTS_ONLY
from .targets.half import computes_in_half

FP32_SNR_DB = 60.0
# By precision: on integers a rounding that falls the other way is a whole step, and the steps after it magnify it.
HALF_ARITHMETIC_DB = 30.0  # where fp16 is computed with, not only stored
LEAST_DB = {
    **dict.fromkeys(ON_INTEGERS, 30.0),
    **dict.fromkeys(("fp32", *WEIGHTS_ONLY), FP32_SNR_DB),
}
_LEAST_BESIDE_FP32 = 0.0  # no two quantizations agree: TVM's own is compared with the fp32 network
EXACT_DB = 200.0  # stands for infinity, which JSON has no number for; fp32 rounding alone leaves about 150


def least_db(precision: str, features: Collection[str] = ()) -> float:
    """The signal-to-noise against ONNX Runtime that is asked of a build in `precision` for a CPU with `features`."""
    if computes_in_half(precision, features):
        return HALF_ARITHMETIC_DB
    return LEAST_DB.get(precision, _LEAST_BESIDE_FP32)


@dataclass(frozen=True)
class OutputAgreement:
    """One output against its reference; `snr_db` is EXACT_DB where they are equal to the bit."""

    output: str
    inputs: str
    max_abs_error: float
    snr_db: float


def compare(name: str, inputs: str, result: np.ndarray, reference: np.ndarray) -> OutputAgreement:
    """Maximum absolute error and 10 log10(sum r^2 / sum (r - y)^2) in dB.

    Equal infinities and NaNs agree; a wrong shape or any other infinity or NaN is the worst there is, -EXACT_DB.
    """
    worst_of_all = OutputAgreement(name, inputs, float(np.finfo(np.float32).max), -EXACT_DB)
    if result.shape != reference.shape:
        return worst_of_all
    y, r = result.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    differ = ~((y == r) | (np.isnan(y) & np.isnan(r)))
    error = y[differ] - r[differ]
    if not np.isfinite(error).all():
        return worst_of_all
    noise = float(np.square(error).sum())
    signal = float(np.square(r[np.isfinite(r)]).sum())
    snr = EXACT_DB if noise == 0 else 10 * math.log10(signal / noise) if signal > 0 else -EXACT_DB
    return OutputAgreement(name, inputs, float(np.abs(error).max(initial=0.0)), min(snr, EXACT_DB))


def compare_all(
    inputs: str, results: Mapping[str, np.ndarray], references: Mapping[str, np.ndarray]
) -> list[OutputAgreement]:
    """`compare` for every output of the reference."""
    return [compare(name, inputs, results[name], reference) for name, reference in references.items()]


def worst(agreements: Iterable[OutputAgreement]) -> OutputAgreement:
    """The output with the lowest signal-to-noise ratio."""
    return min(agreements, key=lambda agreement: agreement.snr_db)


def best(agreements: Iterable[OutputAgreement]) -> list[OutputAgreement]:
    """Each output on the input where it agrees most.

    At 4 bits one rounding that falls the other way is a fifteenth of a range, and a deep network magnifies it: a right
    build agrees to the bit on many inputs and by a few dB on others, a wrong one on none.
    """
    found: dict[str, OutputAgreement] = {}
    for one in agreements:
        if one.output not in found or found[one.output].snr_db < one.snr_db:
            found[one.output] = one
    return list(found.values())


def require(agreements: Iterable[OutputAgreement], what: str, least_db: float = FP32_SNR_DB) -> None:
    """Raises CheckFailed when an output is below `least_db`, naming the worst."""
    low = worst(agreements)
    if low.snr_db < least_db:
        raise CheckFailed(
            f"{what} disagrees with ONNX Runtime at output {low.output!r} on {low.inputs} input: {low.snr_db:.1f} dB "
            f"signal-to-noise, maximum error {low.max_abs_error:.3g} ({least_db:.0f} dB is the least accepted)"
        )
