"""What the modelled clock takes a core to be: how it issues instructions, its caches, what a line of memory costs."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

# Never moved by half in a test of claims: they say what kind of core it is, not how fast it is.
KINDS = ("in_order", "vector_load_blocks")


@dataclass(frozen=True)
class Issue:
    """How a core issues instructions: the plugin works these into a number for each block of code.

    Units are micro-operations on the vector pipes, cycles for latencies, bytes a cycle for memory.  The order of the
    fields is the order in which the plugin reads them (issue.h).
    """

    width: float  # instructions a cycle
    integer_pipes: float
    branches: float  # a cycle
    load_bytes: float  # that a load port delivers a cycle
    load_ports: float
    store_bytes: float
    store_ports: float
    memory_ports: float  # for loads and stores together
    vector_pipes: float
    fp_wide: float  # micro-operations of an instruction on 128 bits of floating point
    fp_narrow: float  # the same of 64 bits and of scalars
    multiply_long: float  # widening integer multiply, on one pipe only
    multiply_wide: float  # integer multiply of 128 bits, on that pipe too
    shift: float  # shifts, pairwise accumulation, sums across lanes, on the other pipe only
    dot: float  # sdot and its kin
    divide: float  # and square roots
    plain_vector: float  # logic, integer addition, permutations, copies
    load_latency: float
    vector_load_latency: float
    multiply_latency: float  # of an integer register
    fused_latency: float  # of a multiply-add
    accumulate_latency: float  # from one multiply-add to the addend of the next
    vector_latency: float  # all other vector results
    in_order: float = 0.0  # 1: nothing issues before the instruction in front of it
    vector_load_blocks: float = 0.0  # 1: vector arithmetic and a vector load do not issue together


@dataclass(frozen=True)
class Cache:
    """One level: its size and ways, and what a line found in the level after it costs."""

    size: int
    ways: int


@dataclass(frozen=True)
class Lines:
    """Cycles that a line costs, by where it was found: waited for, and streamed ahead by the prefetcher."""

    l2: float
    l2_streamed: float
    l3: float
    l3_streamed: float
    memory: float
    memory_streamed: float


@dataclass(frozen=True)
class Core:
    """A core on its board.  `clock_hz` makes seconds of cycles; `caches` are levels 1, 2 and, if there is one, 3."""

    name: str
    board: str
    clock_hz: float
    caches: tuple[Cache, ...]
    lines: Lines
    issue: Issue


def issue_sets(issue: Issue) -> dict[str, Issue]:
    """`published`, and each constant alone halved and raised by half: name -> constants."""
    sets = {"published": issue}
    for name in (field.name for field in fields(Issue) if field.name not in KINDS):
        for factor in (0.5, 1.5):
            sets[f"{name}*{factor}"] = replace(issue, **{name: getattr(issue, name) * factor})
    return sets
