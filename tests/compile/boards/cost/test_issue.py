"""Modelled issue cycles of loops whose bound is known from the constants."""

import pytest
from tilewright.compile.boards.cost.clock import modelled_cycles, modelled_seconds, variants
from tilewright.compile.boards.cost.cores import CORES

N = 4000


def _independent(count, form="fmla v{0}.4s, v30.4s, v31.4s"):
    return "\n".join(form.format(number) for number in range(count))


# core, body of a loop, cycles of one round, the set of constants
LOOPS = (
    # 16 sums, one multiply-add a cycle on the A53 and the A72, two on the A76
    ("cortex-a53", _independent(16), 16, "published"),
    ("cortex-a72", _independent(16), 16, "published"),
    ("cortex-a76", _independent(16), 8, "published"),
    ("cortex-a72", _independent(16), 8, "fp_wide*0.5"),
    ("cortex-a72", _independent(16), 24, "fp_wide*1.5"),
    # one sum: each waits for the one before, by the forwarded addend
    ("cortex-a53", "fmla v0.4s, v30.4s, v31.4s", 4, "published"),
    ("cortex-a72", "fmla v0.4s, v30.4s, v31.4s", 3, "published"),
    ("cortex-a76", "fmla v0.4s, v30.4s, v31.4s", 2, "published"),
    ("cortex-a72", "fmla v0.4s, v30.4s, v31.4s", 4.5, "accumulate_latency*1.5"),
    # through a factor, not an addend: the whole latency
    ("cortex-a72", "fmla v0.4s, v0.4s, v31.4s\nfmul v0.4s, v0.4s, v31.4s", 10, "published"),
    # vector loads: 64 bits a cycle on the A53, and no arithmetic beside them; 128 on the A72, 256 on the A76
    ("cortex-a53", _independent(4, "ldr q{0}, [x20]"), 8, "published"),
    ("cortex-a72", _independent(4, "ldr q{0}, [x20]"), 4, "published"),
    ("cortex-a76", _independent(8, "ldr q{0}, [x20]"), 4, "published"),
    ("cortex-a53", _independent(8) + "\n" + _independent(4, "ldr q2{0}, [x20]"), 16, "published"),
    ("cortex-a72", _independent(8) + "\n" + _independent(4, "ldr q2{0}, [x20]"), 8, "published"),
    # stores of 128 bits: two cycles on the A72, one on the A53 and the A76
    ("cortex-a72", _independent(4, "str q{0}, [x20]"), 8, "published"),
    ("cortex-a53", _independent(4, "str q{0}, [x20]"), 4, "published"),
    ("cortex-a76", _independent(4, "str q{0}, [x20]"), 4, "published"),
    # int8: widening products on one pipe, sums of pairs on the other; dot products on both
    ("cortex-a72", _independent(8, "smull v{0}.8h, v30.8b, v31.8b"), 8, "published"),
    ("cortex-a76", _independent(8, "smlal v{0}.8h, v30.8b, v31.8b"), 8, "published"),
    ("cortex-a76", _independent(16, "sdot v{0}.4s, v30.16b, v31.16b"), 8, "published"),
    # an integer chain, and the width of the core
    ("cortex-a72", "add x3, x3, #1\n" * 10, 10, "published"),
    ("cortex-a53", "add x3, x20, #1\nadd x4, x20, #1\n" * 9, 10, "published"),
    # in order, a load is waited for where it is used
    ("cortex-a53", "ldr x3, [x20]\nadd x4, x3, #1", 4, "published"),
)


@pytest.mark.parametrize(("core", "body", "cycles", "constants"), LOOPS)
def test_a_loop_takes_the_cycles_that_its_bound_says(counted, core, body, cycles, constants):
    counts = counted(_program(body), core, space=4096)
    assert counts.issue_cycles[constants] == pytest.approx(N * cycles, rel=0.01, abs=20)


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_the_clock_adds_misses_and_every_constant_moves_it_the_right_way(counted, core):
    counts = counted(_program("ldr q0, [x20], #16\nfmla v1.4s, v0.4s, v31.4s\nstr q1, [x20, #8]"), core.name, 1 << 17)
    published = modelled_cycles(counts, core)
    assert published > counts.issue_cycles["published"]
    assert modelled_seconds(counts, core) == published / core.clock_hz
    slower_with_more = (
        "load_latency",
        "vector_load_latency",
        "fused_latency",
        "accumulate_latency",
        "fp_wide",
        "memory",
    )
    for name in variants(core):
        constant, _, factor = name.partition("*")
        if constant in slower_with_more:
            slower = modelled_cycles(counts, core, name) - published
            assert slower * (float(factor) - 1) >= 0, name


def test_counts_of_two_runs_are_the_same(counted):
    body = _program("ldr q0, [x20], #16\nfmla v1.4s, v0.4s, v31.4s")
    first, second = (counted(body, space=1 << 17) for _ in range(2))
    assert first == second


def _program(body):
    return f"""
  adrp x20, array
  ask 1
  mov x19, #{N}
1:
  {body}
  sub x19, x19, #1
  cbnz x19, 1b
  ask 2
"""
