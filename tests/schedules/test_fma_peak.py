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


def test_the_inner_loop_is_multiply_adds_and_nothing_else(fma_peak, machine, build):
    assembly = build(fma_peak.fma_peak(machine, threads=2), machine).get_source("asm")
    loop = inner_loop(assembly)
    adds = [line for line in loop if line.startswith("vfmadd")]
    register = {256: "ymm", 512: "zmm"}[machine.vector_bits]
    assert adds and all(re.fullmatch(rf"vfmadd\d+ps\s+(%{register}\d+(, )?){{3}}", line) for line in adds)
    accumulators = {line.split(",")[-1].strip() for line in adds}
    assert len(accumulators) == fma_peak.accumulators(machine)
    # What remains counts the steps: no load, no store, no spill.
    rest = [line for line in loop if not line.startswith("vfmadd")]
    assert len(rest) <= 3 and not any("(" in line or "%y" in line or "%z" in line for line in rest)


def inner_loop(assembly):
    """The instructions from the label before the first multiply-add to the jump back to it."""
    lines = [line.strip() for line in assembly.splitlines() if line.strip()]
    first = next(i for i, line in enumerate(lines) if line.startswith("vfmadd"))
    label = max(i for i in range(first) if lines[i].endswith(":"))
    end = next(i for i in range(first, len(lines)) if lines[i].startswith("j"))
    assert lines[end].split()[-1] == lines[label].rstrip(":"), "the multiply-adds are not a loop"
    return lines[label + 1 : end + 1]
