"""Cortex-A53, of the Raspberry Pi 3: in order, NEON."""

from __future__ import annotations

from .machine import Machine

# Registers: Arm Architecture Reference Manual for A-profile, B1.2 (V0-V31).
# Ports: FMLA of four lanes takes both halves of the NEON unit, one a cycle; latency 8 (LLVM, AArch64SchedA53.td).
# Caches: BCM2837: 32 KiB a core, 512 KiB for all four cores.
MACHINE = Machine(
    name="cortex-a53",
    vector_bits=128,
    vector_registers=32,
    fma_ports=1,
    fma_latency=8,
    dot="smlal",
    l1d_bytes=32 * 1024,
    l2_bytes=512 * 1024,
    l3_bytes=0,
    one_design=True,
)
