"""Cortex-A53 under a system of 32 bits: the same core with half the registers."""

from __future__ import annotations

from dataclasses import replace

from . import cortex_a53

# Registers: Arm Architecture Reference Manual for A-profile, E1.3 (Q0-Q15 of AArch32).
MACHINE = replace(cortex_a53.MACHINE, name="cortex-a53-32", vector_registers=16, dot=None)
