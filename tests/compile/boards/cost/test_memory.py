"""Cache lines: the misses of small programs whose misses are known."""

import pytest
from tilewright.compile.boards.cost.cores import CORES

LINE = 64


def _walk(size, passes, stride=LINE, load="ldr q0, [x20]"):
    """Read `size` bytes of the array `passes` times, each pass between two answers; the last pass is counted."""
    one = f"""
  adrp x20, array
  mov x19, #{size // stride & 0xFFFF}
  movk x19, #{size // stride >> 16}, lsl #16
1:
  {load}
  add x20, x20, #{stride}
  sub x19, x19, #1
  cbnz x19, 1b
"""
    return one * (passes - 1) + "  ask 1\n" + one + "  ask 2\n"


@pytest.mark.parametrize("core", CORES)
def test_a_first_pass_misses_every_line_once(counted, core):
    size = CORES[core].caches[0].size
    counts = counted(_walk(size, 1), core, space=size)
    assert counts.memory_lines + counts.memory_lines_streamed == size / LINE
    assert counts.memory_lines == 1  # the rest is one ascending stream
    assert counts.l1_misses == size / LINE


@pytest.mark.parametrize("core", CORES)
def test_what_fits_is_there_on_the_second_pass(counted, core):
    size = CORES[core].caches[0].size
    assert counted(_walk(size, 2), core, space=size).l1_misses == 0


@pytest.mark.parametrize("core", CORES)
def test_twice_the_first_level_misses_again_and_is_found_in_the_second(counted, core):
    size = 2 * CORES[core].caches[0].size
    counts = counted(_walk(size, 2), core, space=size)
    assert counts.l1_misses == size / LINE
    assert counts.l2_misses == 0


def test_twice_the_second_level_is_found_in_the_third_or_in_memory(counted):
    size = 2 * CORES["cortex-a76"].caches[1].size
    third = counted(_walk(size, 2), "cortex-a76", space=size)
    assert third.l3_lines + third.l3_lines_streamed == size / LINE
    size = 2 * CORES["cortex-a72"].caches[1].size
    memory = counted(_walk(size, 2), "cortex-a72", space=size)
    assert memory.memory_lines + memory.memory_lines_streamed == size / LINE
    assert memory.l3_lines + memory.l3_lines_streamed == 0


def test_the_ways_of_a_set_are_few(counted):
    """Lines 16 KiB apart share a set of the A72's first level, which has two ways."""
    set_apart = CORES["cortex-a72"].caches[0].size // 2
    two = counted(_walk(2 * set_apart, 2, set_apart, "ldr q0, [x20]"), space=8 * set_apart)
    three = counted(_walk(3 * set_apart, 2, set_apart, "ldr q0, [x20]"), space=8 * set_apart)
    assert (two.l1_misses, three.l1_misses) == (0, 3)


def test_lines_apart_are_not_streamed(counted):
    counts = counted(_walk(64 * 4 * LINE, 1, 4 * LINE), space=64 * 4 * LINE)
    assert (counts.memory_lines, counts.memory_lines_streamed) == (64, 0)


@pytest.mark.parametrize("load", ["ldur q0, [x20, #56]", "ldp x3, x4, [x20, #56]", "ldur x3, [x20, #60]"])
def test_an_access_across_a_border_touches_both_lines(counted, load):
    counts = counted(_walk(8 * LINE, 1, 8 * LINE, load), space=64 * LINE)
    assert counts.l1_misses == 2


def test_stores_that_miss_are_not_waited_for(counted):
    counts = counted(_walk(64 * 4 * LINE, 1, 4 * LINE, "str q0, [x20]"), space=64 * 4 * LINE)
    assert (counts.memory_lines, counts.memory_lines_streamed) == (0, 64)
