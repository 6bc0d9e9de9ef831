"""The constants of the modelled clock: one core a Raspberry Pi, each constant with its source.

They were written down before any kernel was tuned on the modelled clock, and are not fitted to any measurement of ours.

Sources
  A53  LLVM, llvm/lib/Target/AArch64/AArch64SchedA53.td (of 2025; the numbers of the second half are measured ones)
  N53  ncnn, docs/developer-guide/arm-a53-a55-dual-issue.md: measured on a Cortex-A53
  A57  LLVM, AArch64SchedA57.td, the model that LLVM uses for the Cortex-A72, after Arm's guide for the A57
  G72  Arm, Cortex-A72 Software Optimization Guide (UAN 0016A)
  N1   LLVM, AArch64SchedNeoverseN1.td: the Neoverse N1 is the Cortex-A76 of servers, with the same pipelines
  G76  Arm, Cortex-A76 Software Optimization Guide (SWOG-307215)
  T53, T72, T76  Arm's technical reference manuals of the cores
  SBC  github.com/ThomasKaiser/sbc-bench, results/: 1ism.txt (Pi 3B+ at 1.2 GHz), 3F9C.txt (Pi 4B at 1.8 GHz, arm64),
       8-NK.txt (Pi 5 at 2.4 GHz): tinymembench, and ramlat for the Pi 5
"""

from __future__ import annotations

from ...errors import unknown_name
from .core_model import Cache, Core, Issue, Lines


def _cycles(nanoseconds: float, clock_hz: float) -> float:
    return round(nanoseconds * clock_hz / 1e9, 1)


def _copied(megabytes_per_second: float) -> float:
    """Nanoseconds of memory traffic for one line of 64 bytes, when a copy moves so much: each byte goes twice."""
    return 64 / (2 * megabytes_per_second * 1e6) * 1e9


CORTEX_A53 = Core(
    name="cortex-a53",
    board="Raspberry Pi 3 Model B",
    clock_hz=1.2e9,  # BCM2837
    caches=(Cache(32 << 10, 4), Cache(512 << 10, 16)),  # T53 "L1 data cache: 4-way", "L2: 16-way"; sizes of BCM2837
    lines=Lines(
        # SBC, single random read, as an in-order core waits for each: blocks of 128 KiB, and of 16 MiB.
        l2=_cycles(8.2, 1.2e9),
        l2_streamed=4.0,  # T53: 128 bits a cycle between L2 and L1
        l3=0.0,
        l3_streamed=0.0,
        memory=_cycles(178.6, 1.2e9),
        memory_streamed=_cycles(_copied(1132.0), 1.2e9),  # SBC, standard memcpy
    ),
    issue=Issue(
        width=2,  # A53 IssueWidth
        integer_pipes=2,  # A53UnitALU
        branches=1,  # A53UnitB
        load_bytes=8,  # N53: a vector load of 64 bits takes 1 cycle, of 128 bits 2
        load_ports=1,  # A53UnitLdSt, for stores too
        store_bytes=16,  # A53: STR of any register 1 cycle, STP of two 128-bit ones 2
        store_ports=1,
        memory_ports=1,
        vector_pipes=1,
        fp_wide=1,  # 8 flops a cycle: N53's kernels issue an FMLA of four lanes every cycle (A53 has 2 of late)
        fp_narrow=1,  # A53UnitFPALU, A53UnitFPMDS: one each
        multiply_long=1,
        multiply_wide=1,
        shift=1,
        dot=1,  # none: this core has no such instruction
        divide=14,  # A53WriteFDivSP
        plain_vector=1,
        load_latency=3,  # A53 LoadLatency
        vector_load_latency=4,  # A53WriteVLD1
        multiply_latency=4,  # WriteIM32
        fused_latency=8,  # A53WriteFMAC
        accumulate_latency=4,  # A53ReadFPMA4
        vector_latency=4,  # WriteF; A53WriteVecQ_4
        in_order=1,
        vector_load_blocks=1,  # N53
    ),
)

CORTEX_A72 = Core(
    name="cortex-a72",
    board="Raspberry Pi 4 Model B",
    clock_hz=1.8e9,  # BCM2711 of stepping C0 under Raspberry Pi OS of 2021 and later; 1.5 GHz before
    caches=(Cache(32 << 10, 2), Cache(1 << 20, 16)),  # T72: 2-way and 16-way; sizes of BCM2711
    lines=Lines(
        # SBC, dual random read, halved: two misses at once, as an out-of-order core has them; 256 KiB and 16 MiB.
        l2=_cycles(13.1 / 2, 1.8e9),
        l2_streamed=4.0,  # taken as on the A53: no published figure
        l3=0.0,
        l3_streamed=0.0,
        memory=_cycles(165.6 / 2, 1.8e9),
        memory_streamed=_cycles(_copied(2241.5), 1.8e9),  # SBC, standard memcpy
    ),
    issue=Issue(
        width=3,  # G72 4.1: three micro-operations dispatched a cycle; A57 IssueWidth
        integer_pipes=2,  # A57UnitI
        branches=1,
        load_bytes=16,  # A57: LDR Q 1 L, LDP Q 2 L
        load_ports=1,  # A57UnitL
        store_bytes=8,  # A57: STR Q 2 S, STP Q 4 S, STP X 2 S
        store_ports=1,  # A57UnitS
        memory_ports=2,  # L and S are pipes of their own
        vector_pipes=2,  # F0 and F1: A57UnitW, A57UnitX
        fp_wide=2,  # A57: Q-forms 2 V; G72 3.15: FMLA Q-form one a cycle
        fp_narrow=1,  # A57: D-forms 1 V
        multiply_long=1,  # A57: SMULL, SMLAL 1 W
        multiply_wide=2,  # A57: MUL, MLA Q-form 2 W
        shift=1,  # A57: SADALP, shifts 1 X
        dot=1,  # none: this core has no such instruction
        divide=17,  # A57Write_17cyc_1W
        plain_vector=1,  # A57: WriteVq 1 V
        load_latency=4,  # A57 WriteLD
        vector_load_latency=5,  # A57 WriteVLD
        multiply_latency=3,  # A57 WriteIM32
        fused_latency=7,  # G72 3.15
        accumulate_latency=3,  # G72 3.15
        vector_latency=3,  # A57 WriteVq
    ),
)

CORTEX_A76 = Core(
    name="cortex-a76",
    board="Raspberry Pi 5",
    clock_hz=2.4e9,  # BCM2712
    caches=(Cache(64 << 10, 4), Cache(512 << 10, 8), Cache(2 << 20, 16)),  # T76: 4-way, 8-way; DSU: 16-way; BCM2712
    lines=Lines(
        # SBC, ramlat's 2xPTR, less that of the first level (1.67 ns), halved: 256 KiB, 1 MiB and 16 MiB.
        l2=_cycles((5.711 - 1.667) / 2, 2.4e9),
        l2_streamed=2.0,  # T76: 256 bits a cycle between L2 and L1
        l3=_cycles((17.75 - 1.667) / 2, 2.4e9),
        l3_streamed=2.0,  # WikiChip, Cortex-A76: 32 bytes a cycle between L3 and L2
        memory=_cycles((113.3 - 1.667) / 2, 2.4e9),
        memory_streamed=_cycles(_copied(6025.0), 2.4e9),  # SBC, memcpy
    ),
    issue=Issue(
        width=4,  # G76: four macro-operations dispatched a cycle
        integer_pipes=3,  # N1UnitS twice, N1UnitM
        branches=1,  # N1UnitB
        load_bytes=16,  # N1: LDR Q 1 L
        load_ports=2,  # N1UnitL
        store_bytes=8,  # N1: STR Q 2 L, STP Q 4 L
        store_ports=2,
        memory_ports=2,  # L takes loads and stores
        vector_pipes=2,  # N1UnitV0, N1UnitV1
        fp_wide=1,  # N1: FMLA 1 V
        fp_narrow=1,
        multiply_long=1,  # N1: SMULL, SMLAL 1 V0
        multiply_wide=2,  # N1: MUL, MLA Q-form 2 V0
        shift=1,  # N1: SADALP, shifts 1 V1
        dot=1,  # G76: SDOT on V0 and V1
        divide=7,  # N1Write_10c7_1V0
        plain_vector=1,
        load_latency=4,  # N1 WriteLD
        vector_load_latency=5,  # N1 LDR Q
        multiply_latency=2,  # N1 WriteIM32
        fused_latency=4,  # N1Write_4c_1V
        accumulate_latency=2,  # G76: "4 (2)"
        vector_latency=2,  # N1 WriteVq
    ),
)

CORES = {core.name: core for core in (CORTEX_A53, CORTEX_A72, CORTEX_A76)}


def core(name: str) -> Core:
    """The core of that name.  Raises TilewrightError for an unknown one."""
    if name not in CORES:
        raise unknown_name("core", name, tuple(CORES))
    return CORES[name]
