"""Which class an instruction falls into, its bytes and its multiply-adds: counted exactly, under the real emulator."""

import pytest
from conftest import ASKING

N = 1000
CLASSES = (
    "loads",
    "stores",
    "fp32_multiply_adds",
    "fp16_multiply_adds",
    "dot_products",
    "widening_multiplies",
    "other_vector",
)
# instruction, its class, bytes loaded, bytes stored, multiply-adds
ONE = (
    ("fmla v0.4s, v1.4s, v2.4s", "fp32_multiply_adds", 0, 0, 4),
    ("fmls v0.2s, v1.2s, v2.2s", "fp32_multiply_adds", 0, 0, 2),
    ("fmla v0.4s, v1.4s, v2.s[3]", "fp32_multiply_adds", 0, 0, 4),
    ("fmla s0, s1, v2.s[1]", "fp32_multiply_adds", 0, 0, 1),
    ("fmadd s0, s1, s2, s3", "fp32_multiply_adds", 0, 0, 1),
    ("fnmsub s0, s1, s2, s3", "fp32_multiply_adds", 0, 0, 1),
    ("fmla v0.8h, v1.8h, v2.8h", "fp16_multiply_adds", 0, 0, 8),
    ("fmls v0.4h, v1.4h, v2.4h", "fp16_multiply_adds", 0, 0, 4),
    ("fmla v0.8h, v1.8h, v2.h[5]", "fp16_multiply_adds", 0, 0, 8),
    ("fmadd h0, h1, h2, h3", "fp16_multiply_adds", 0, 0, 1),
    ("fmla v0.2d, v1.2d, v2.2d", "other_vector", 0, 0, 2),
    ("sdot v0.4s, v1.16b, v2.16b", "dot_products", 0, 0, 16),
    ("udot v0.2s, v1.8b, v2.8b", "dot_products", 0, 0, 8),
    ("sdot v0.4s, v1.16b, v2.4b[2]", "dot_products", 0, 0, 16),
    ("smull v0.8h, v1.8b, v2.8b", "widening_multiplies", 0, 0, 8),
    ("smull2 v0.8h, v1.16b, v2.16b", "widening_multiplies", 0, 0, 8),
    ("smlal v0.4s, v1.4h, v2.4h", "widening_multiplies", 0, 0, 4),
    ("umlal2 v0.4s, v1.8h, v2.h[7]", "widening_multiplies", 0, 0, 4),
    ("sadalp v0.4s, v1.8h", "widening_multiplies", 0, 0, 0),
    ("mla v0.4s, v1.4s, v2.4s", "other_vector", 0, 0, 4),
    ("fmul v0.4s, v1.4s, v2.4s", "other_vector", 0, 0, 0),
    ("fadd v0.8h, v1.8h, v2.8h", "other_vector", 0, 0, 0),
    ("fmul s0, s1, s2", "other_vector", 0, 0, 0),
    ("dup v0.4s, w5", "other_vector", 0, 0, 0),
    ("fmax v0.4s, v1.4s, v2.4s", "other_vector", 0, 0, 0),
    ("trn1 v0.4s, v1.4s, v2.4s", "other_vector", 0, 0, 0),
    ("movi v0.4s, #0", "other_vector", 0, 0, 0),
    ("sshll v0.8h, v1.8b, #0", "other_vector", 0, 0, 0),
    ("ldr w3, [x20]", "loads", 4, 0, 0),
    ("ldrsb x3, [x20, #1]", "loads", 1, 0, 0),
    ("ldrh w3, [x20, x21]", "loads", 2, 0, 0),
    ("ldp x3, x4, [x20]", "loads", 16, 0, 0),
    ("ldpsw x3, x4, [x20]", "loads", 8, 0, 0),
    ("ldr q0, [x20]", "loads", 16, 0, 0),
    ("ldur d0, [x20, #8]", "loads", 8, 0, 0),
    ("ldr h0, [x20]", "loads", 2, 0, 0),
    ("ldp q0, q1, [x20]", "loads", 32, 0, 0),
    ("ldp s0, s1, [x20]", "loads", 8, 0, 0),
    ("ld1 {v0.4s, v1.4s, v2.4s, v3.4s}, [x20]", "loads", 64, 0, 0),
    ("ld1 {v0.8b}, [x20]", "loads", 8, 0, 0),
    ("ld1r {v0.4s}, [x20]", "loads", 4, 0, 0),
    ("ld1 {v0.s}[2], [x20]", "loads", 4, 0, 0),
    ("ld1 {v0.d}[1], [x20]", "loads", 8, 0, 0),
    ("ld4 {v0.4s, v1.4s, v2.4s, v3.4s}, [x20]", "loads", 64, 0, 0),
    ("ld2 {v0.h, v1.h}[3], [x20]", "loads", 4, 0, 0),
    ("ldar w3, [x20]", "loads", 4, 0, 0),
    ("str x3, [x20]", "stores", 0, 8, 0),
    ("stp q0, q1, [x20]", "stores", 0, 32, 0),
    ("strb w3, [x20]", "stores", 0, 1, 0),
    ("st1 {v0.4s, v1.4s}, [x20]", "stores", 0, 32, 0),
    ("st1 {v0.s}[1], [x20]", "stores", 0, 4, 0),
    ("madd x3, x4, x5, x6", "other_integer", 0, 0, 0),
    ("add x3, x4, x5, lsl #2", "other_integer", 0, 0, 0),
    ("movk x3, #7, lsl #16", "other_integer", 0, 0, 0),
    ("prfm pldl1keep, [x20]", "other_integer", 0, 0, 0),
)


@pytest.mark.slow
def test_each_instruction_is_in_its_class(counted):
    """Each in a loop of its own."""
    for instruction, name, loaded, stored, multiply_adds in ONE:
        counts = counted(_loop(instruction), space=4096)
        got = {one: getattr(counts, one) for one in CLASSES}
        assert got == {one: N * (one == name) for one in CLASSES}, instruction
        assert (counts.load_bytes, counts.store_bytes) == (N * loaded, N * stored), instruction
        assert counts.multiply_adds == N * multiply_adds, instruction
        assert counts.instructions == 3 * N + 4 + ASKING, instruction


@pytest.mark.parametrize("core", ["cortex-a53", "cortex-a76"])
def test_the_classes_add_up(counted, core):
    counts = counted(_loop("\n".join(instruction for instruction, *_ in ONE)), core, space=4096)
    assert counts.instructions == sum(getattr(counts, name) for name in (*CLASSES, "branches", "other_integer"))
    assert counts.instructions == N * (len(ONE) + 2) + 4 + ASKING


def _loop(instructions):
    return f"""
  adrp x20, array
  add x20, x20, :lo12:array
  mov x21, #16
  ask 1
  adrp x20, array
  add x20, x20, :lo12:array
  mov x21, #16
  mov x19, #{N}
1:
  {instructions}
  sub x19, x19, #1
  cbnz x19, 1b
  ask 2
"""
