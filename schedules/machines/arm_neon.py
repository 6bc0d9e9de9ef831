"""64-bit Arm with NEON: the Cortex-A53, A72 and A76 of the Raspberry Pi 3, 4 and 5."""

from __future__ import annotations

from .machine import Machine

# Registers: Arm Architecture Reference Manual for A-profile, B1.2 (V0-V31).
# Ports: Cortex-A76 Software Optimization Guide, FMLA on V0 and V1; the A53 and the A72 start one of four lanes a cycle.
# Latency: Cortex-A72 Software Optimization Guide, "ASIMD FP multiply accumulate": 7, of which 3 into an accumulator;
# the A53 takes 8 (LLVM, AArch64SchedA53.td).
# Caches: the least of the three: Cortex-A53 of the BCM2837: 32 KiB a core, 512 KiB for all four cores.
MACHINE = Machine(
    name="arm-neon",
    vector_bits=128,
    vector_registers=32,
    fma_ports=2,
    fma_latency=8,
    dot=None,
    l1d_bytes=32 * 1024,
    l2_bytes=512 * 1024,
    l3_bytes=0,
)
