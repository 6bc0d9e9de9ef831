"""Cortex-A76, of the Raspberry Pi 5: out of order, NEON with the int8 dot product and half-precision arithmetic."""

from __future__ import annotations

from dataclasses import replace

from . import cortex_a72

# Cortex-A76 Software Optimization Guide: "ASIMD FP multiply accumulate" two a cycle on V0 and V1, latency 4; "ASIMD dot
# product" two a cycle.
# Caches: BCM2712: 64 KiB and 512 KiB a core, 2 MiB for all four cores.
MACHINE = replace(
    cortex_a72.MACHINE,
    name="cortex-a76",
    fma_ports=2,
    fma_latency=4,
    dot="sdot",
    l1d_bytes=64 * 1024,
    l2_bytes=512 * 1024,
    l3_bytes=2 * 1024 * 1024,
)
