"""What the names of precisions say: `int8`, `int4-weights`, `int8-relay-kl`."""

from __future__ import annotations

WEIGHTS_ONLY = ("fp16", "int8-weights", "int4-weights", "int2-weights", "float8-weights")  # compute in fp32
ON_INTEGERS = ("int8", "int8-dynamic", "int4")
BY_RELAY = "int8-relay-"  # and then how relay.quantize finds ranges


def is_calibrated(precision: str) -> bool:
    """Whether calibration data chose something: what such a network is reported on must be other data."""
    return precision not in ("fp32", "int8-dynamic", *WEIGHTS_ONLY)


def is_by_relay(precision: str) -> bool:
    """Whether TVM's relay.quantize made the integers; its reference is the fp32 graph."""
    return precision.startswith(BY_RELAY)
