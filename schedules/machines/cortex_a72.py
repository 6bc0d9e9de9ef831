"""Cortex-A72, of the Raspberry Pi 4: out of order, NEON."""

from __future__ import annotations

from dataclasses import replace

from . import cortex_a53

# Cortex-A72 Software Optimization Guide, 3.15, "ASIMD FP multiply accumulate, Q-form": one a cycle, latency 7, of which
# 3 into an accumulator.
# Caches: BCM2711: 32 KiB a core, 1 MiB for all four cores.
MACHINE = replace(cortex_a53.MACHINE, name="cortex-a72", fma_latency=7, l2_bytes=1024 * 1024)
