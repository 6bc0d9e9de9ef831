"""Memory bandwidth: the triad of McCalpin's STREAM over arrays that no cache holds.

It gives the slanted part of the roofline.
"""

from __future__ import annotations

from typing import Any

from tvm import te

from ..machines import Machine
from .probe import Probe

_FLOAT_BYTES = 4


def stream(machine: Machine, threads: int, array_bytes: int) -> Probe:
    """The probe for `threads` threads over three arrays of about `array_bytes` each, a slice of them for each thread.

    Arguments, float32, all of shape (threads, length): b, c, result with result = b + 3 * c.  `array_bytes` should be
    four times the last-level caches or more (STREAM's own rule).  `work` is in bytes, counted as STREAM does: two
    arrays read, one written.  Where a store first fetches its cache line, a third read happens and is not counted, so
    the bus carries up to a third more.
    """
    lanes = machine.float_lanes
    length = max(1, array_bytes // (_FLOAT_BYTES * threads * lanes)) * lanes

    # Algorithm.
    b = te.placeholder((threads, length), "float32", name="b")
    c = te.placeholder((threads, length), "float32", name="c")
    result: Any = te.compute((threads, length), lambda t, i: b[t, i] + 3.0 * c[t, i], name="result")

    # Schedule: one task a thread; in it one vector after the other.
    schedule = te.create_schedule(result.op)
    stage = schedule[result]
    thread, index = result.op.axis
    _, lane = stage.split(index, factor=lanes)
    stage.vectorize(lane)
    stage.parallel(thread)
    return Probe(schedule, (b, c, result), work=3 * threads * length * _FLOAT_BYTES, unit="byte")
