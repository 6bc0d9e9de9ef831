"""64-bit Arm with NEON and the int8 dot product: the Cortex-A76 of the Raspberry Pi 5, and later cores."""

from __future__ import annotations

from dataclasses import replace

from . import arm_neon

# Latency: Cortex-A76 Software Optimization Guide, "ASIMD FP multiply accumulate": 4; "ASIMD dot product": 2 a cycle.
# Caches: Cortex-A76 Technical Reference Manual, A6.1 and A7.1: 64 KiB, and at least 128 KiB; the BCM2712 has 512 KiB.
MACHINE = replace(arm_neon.MACHINE, name="arm-dotprod", dot="sdot", fma_latency=4, l1d_bytes=64 * 1024)
