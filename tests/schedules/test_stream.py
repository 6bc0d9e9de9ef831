import re

import numpy as np
import pytest


@pytest.fixture
def stream(tvm):
    from tilewright.schedules.probes.stream import stream

    return stream


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_result_is_numpys(stream, runnable, build, call, threads):
    probe = stream(runnable, threads, array_bytes=100_000)
    shape = tuple(int(size) for size in probe.arguments[0].shape)
    rng = np.random.default_rng(0)
    b, c = rng.integers(-8, 8, (2, *shape)).astype("float32")
    result = call(build(probe, runnable), probe, b, c)
    assert np.array_equal(result, b + 3 * c)
    assert probe.unit == "byte" and probe.work == b.nbytes + c.nbytes + result.nbytes
    assert shape[0] == threads and 0.9 * 100_000 < b.nbytes <= 100_000


# A store of a full vector, by the vector's bits.
_STORE = {
    128: r"\bst[rp]\s+q\d+, .*\[|\bvst1\.\d+\s+\{d\d+, d\d+\}",
    256: r"\bvmovu?a?ps\s+%ymm\d+, .*\(",
    512: r"\bvmovu?a?ps\s+%zmm\d+, .*\(",
}


def test_it_moves_whole_vectors(stream, machine, build):
    assembly = build(stream(machine, threads=2, array_bytes=1 << 20), machine).get_source("asm")
    assert re.search(_STORE[machine.vector_bits], assembly), "no vector store"
