"""The peak of fused multiply-adds: register to register, nothing else in the loop.

It gives the flat part of the roofline.  The accumulators are independent, as many as the FMA ports need to stay busy,
and all stay in registers.
"""

from __future__ import annotations

from typing import Any

from tvm import te

from ..machines import Machine
from .probe import Probe

STEPS = 1 << 20  # some milliseconds a call, next to which the microseconds of waking the threads do not count
_OPERAND_REGISTERS = 2  # the two factors


def accumulators(machine: Machine) -> int:
    """How many accumulators (vectors) the probe keeps: twice what the ports need, as far as the registers reach."""
    spare = 2  # so that the compiler never has a reason to spill
    return min(2 * machine.fmas_in_flight, machine.vector_registers - _OPERAND_REGISTERS - spare)


def fma_peak(machine: Machine, threads: int, steps: int = STEPS) -> Probe:
    """The probe for `threads` threads, each with `steps` rounds over all its accumulators.

    Arguments, float32: x (lanes), y (lanes), start (accumulators, lanes), result (threads, accumulators, lanes) with
    result[t, a, l] = start[a, l] + steps * x[l] * y[l], rounded after every step.  `work` is in FLOPs, an FMA counted
    as two.
    """
    lanes, chains = machine.float_lanes, accumulators(machine)

    # Algorithm.  Every accumulator starts elsewhere: equal ones the compiler could merge into one.
    x = te.placeholder((lanes,), "float32", name="x")
    y = te.placeholder((lanes,), "float32", name="y")
    start = te.placeholder((chains, lanes), "float32", name="start")
    step = te.reduce_axis((0, steps), name="step")
    result: Any = te.compute(
        (threads, chains, lanes),
        lambda t, a, l: te.sum(x[l] * y[l], axis=step, init=start[a, l]),  # noqa: E741
        name="result",
    )

    # Schedule: one task a thread; in it one loop over the steps, whose body is one FMA for each accumulator.
    schedule = te.create_schedule(result.op)
    stage = schedule[result]
    thread, chain, lane = result.op.axis
    stage.reorder(thread, step, chain, lane)
    stage.vectorize(lane)
    stage.unroll(chain)
    stage.parallel(thread)
    return Probe(schedule, (x, y, start, result), work=2 * threads * chains * lanes * steps, unit="FLOP")
