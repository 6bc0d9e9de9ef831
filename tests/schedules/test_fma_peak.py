import re

import numpy as np
import pytest


@pytest.fixture
def fma_peak(tvm):
    from tilewright.schedules.probes import fma_peak

    return fma_peak


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_result_is_numpys(fma_peak, runnable, build, call, threads):
    steps = 5
    probe = fma_peak.fma_peak(runnable, threads, steps)
    chains = fma_peak.accumulators(runnable)
    rng = np.random.default_rng(0)
    # Small whole numbers: exact in float32, whatever is rounded when.
    x, y = rng.integers(-8, 8, (2, runnable.float_lanes)).astype("float32")
    start = rng.integers(-8, 8, (chains, runnable.float_lanes)).astype("float32")
    result = call(build(probe, runnable), probe, x, y, start)
    assert np.array_equal(result, np.broadcast_to(start + steps * x * y, (threads, *start.shape)))
    assert probe.unit == "FLOP" and probe.work == 2 * steps * result.size


def test_enough_accumulators_and_all_in_registers(fma_peak, machine):
    chains = fma_peak.accumulators(machine)
    assert machine.fmas_in_flight <= chains <= machine.vector_registers - 2


# A multiply-add of a full vector, by the vector's bits; the group is the accumulator.
_MULTIPLY_ADD = {
    128: re.compile(r"fmla\s+(v\d+)\.4s, v\d+\.4s, v\d+\.4s"),
    256: re.compile(r"vfmadd\d+ps\s+%ymm\d+, %ymm\d+, (%ymm\d+)"),
    512: re.compile(r"vfmadd\d+ps\s+%zmm\d+, %zmm\d+, (%zmm\d+)"),
}
_MEMORY_OR_VECTOR = re.compile(r"[(\[]|%[yz]mm|\b[qv]\d")
_JUMP = re.compile(r"j|b\.")


def test_the_inner_loop_is_multiply_adds_and_nothing_else(fma_peak, machine, build):
    if machine.name == "cortex-a53-32":
        pytest.skip(
            "a 32-bit board has no compiler to build the probe with; LLVM would move the product out of the loop"
        )
    assembly = build(fma_peak.fma_peak(machine, threads=2), machine).get_source("asm")
    multiply_add = _MULTIPLY_ADD[machine.vector_bits]
    loop = inner_loop(assembly, multiply_add)
    adds = [found for line in loop if (found := multiply_add.fullmatch(line))]
    assert len({found[1] for found in adds}) == fma_peak.accumulators(machine)
    # What remains counts the steps: no load, no store, no spill.
    rest = [line for line in loop if not multiply_add.fullmatch(line)]
    assert len(rest) <= 3 and not any(map(_MEMORY_OR_VECTOR.search, rest))


def inner_loop(assembly, multiply_add):
    """The instructions from the label before the first multiply-add to the jump back to it."""
    lines = [line.strip() for line in assembly.splitlines() if line.strip()]
    first = next(i for i, line in enumerate(lines) if multiply_add.fullmatch(line))
    label = max(i for i in range(first) if lines[i].endswith(":"))
    end = next(i for i in range(first, len(lines)) if _JUMP.match(lines[i]))
    assert lines[end].split()[-1] == lines[label].rstrip(":"), "the multiply-adds are not a loop"
    return lines[label + 1 : end + 1]
