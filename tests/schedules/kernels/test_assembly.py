"""What LLVM makes of every kernel, for machines that need not be this one: the machine's own multiply-adds."""

import re
from dataclasses import replace

import pytest
from tilewright.compile.explaining.inner_loop import inner_loop, multiply_adds
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, Dense, ExpandedDepthwise, SparseConv2d, SparseDense, TransposedConv2d

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import KERNELS, Candidate  # noqa: E402

_LAYERS = {
    "winograd_conv2d": Conv2d(1, 32, 28, 28, 32, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16),
    "depthwise_conv2d": Conv2d(1, 32, 28, 28, 32, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 32, 16, 16),
    "direct_conv2d": Conv2d(1, 32, 28, 28, 32, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1, 16, 16),
    "expanded_depthwise": ExpandedDepthwise(
        1, 16, 28, 28, 96, (3, 3), (1, 1), (1, 1, 1, 1), low=0.0, high=6.0, in_block=16, out_block=16
    ),
    "transposed_conv2d": TransposedConv2d(1, 32, 28, 28, 32, (2, 2), 16, 16),
    "dense": Dense(1, 256, 256),
}
_SPARSE = {  # in vectors of a block's eight
    "sparse_conv2d": SparseConv2d(1, 32, 28, 28, 32, 64, 16, 16),
    "sparse_dense": SparseDense(1, 256, 256, 4096),
}
# A fused multiply-add of a full vector, and a register of it.
_MULTIPLY_ADD = {
    "cortex-a53": re.compile(r"\bfmla\s+v\d+\.4s"),
    "cortex-a53-32": re.compile(r"\bvfma\.f32\s+q\d+"),
    "cortex-a76": re.compile(r"\bfmla\s+v\d+\.4s"),
    "x86-avx2": re.compile(r"\bvfmadd\d+ps\s.*%ymm\d+"),
    "x86-avx512": re.compile(r"\bvfmadd\d+ps\s.*%zmm\d+"),
}
_SPILL = re.compile(r"(vmovaps|vmovups|str\s+q|ldr\s+q).*(\(%rsp\)|\[sp)|@ 16-byte (Spill|Reload)")


@pytest.mark.slow
@pytest.mark.parametrize("machine", sorted(_MULTIPLY_ADD))
@pytest.mark.parametrize("kernel", sorted(_LAYERS))
def test_full_vectors_are_multiplied_and_added(assembly, kernel, machine):
    described, layer = machines.get(machine), _LAYERS[kernel]
    space = KERNELS[kernel].space(layer, described)
    assert space, "every machine has a schedule"
    text = assembly(layer, Candidate(KERNELS[kernel], space[0]), described)
    found = len(_MULTIPLY_ADD[machine].findall(text))
    assert found >= described.fmas_in_flight // 2, f"{found} multiply-adds of full vectors"


@pytest.mark.parametrize("machine", sorted(_MULTIPLY_ADD))
@pytest.mark.parametrize("kernel", sorted(_SPARSE))
def test_a_block_is_a_vector(assembly, kernel, machine):
    described, layer = machines.get(machine), _SPARSE[kernel]
    (config,) = KERNELS[kernel].space(layer, described)
    text = assembly(layer, Candidate(KERNELS[kernel], config), described)
    multiply_add = _MULTIPLY_ADD["x86-avx2" if machine == "x86-avx512" else machine]
    assert len(multiply_add.findall(text)) >= described.fmas_in_flight // 2
    assert len(_SPILL.findall(text)) < 8, "sums are spilled to the stack"


@pytest.mark.parametrize("machine", sorted(_MULTIPLY_ADD))
def test_the_register_tile_stays_in_registers(assembly, machine):
    described, layer = machines.get(machine), _LAYERS["direct_conv2d"]
    config = KERNELS["direct_conv2d"].space(layer, described)[0]
    text = assembly(layer, Candidate(KERNELS["direct_conv2d"], config), described)
    assert len(_SPILL.findall(text)) < config.rows * config.columns, "sums are spilled to the stack"


@pytest.mark.parametrize("kernel", ["dense", "depthwise_conv2d", "direct_conv2d", "winograd_conv2d"])
def test_half_precision_fills_vectors_of_eight(assembly, kernel):
    described, layer = machines.get("cortex-a76").computing("float16"), replace(_LAYERS[kernel], dtype="float16")
    chosen = Candidate(KERNELS[kernel], KERNELS[kernel].space(layer, described)[0])
    text = assembly(layer, chosen, described)
    assert len(re.findall(r"\bfmla\s+v\d+\.8h", text)) >= described.fmas_in_flight // 2
    assert not re.search(r"\bfmla\s+v\d+\.[24]s|\bfcvt[ln]", text), "nothing is widened"


def test_planes_leave_room_in_the_registers_of_neon(assembly):
    described = machines.get("cortex-a72")
    layer = Conv2d(1, 3, 112, 112, 32, (7, 7), (2, 2), (3, 3, 3, 3), (1, 1), 1, 1, 16)
    space = KERNELS["direct_conv2d"].space(layer, described)
    loop = inner_loop(assembly(layer, Candidate(KERNELS["direct_conv2d"], space[0]), described))
    assert multiply_adds(loop) > 16 and not any("[sp" in line for line in loop)
    assert max(config.rows * config.columns for config in space) <= 4
