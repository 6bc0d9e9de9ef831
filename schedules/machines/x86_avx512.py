"""x86 with AVX-512 F, CD, BW, DQ and VL: Skylake-SP (2017) and later Xeons, Zen 4 and later."""

from __future__ import annotations

from .machine import Machine

# Registers: Intel Software Developer's Manual, volume 1, section 15.1 (zmm0-zmm31).
# Ports, latency: uops.info, VFMADD231PS (ZMM, ZMM, ZMM): two a cycle on Xeon Gold and Platinum and on Zen 5, one on
# Xeon Bronze and Silver (first generation), on client Ice Lake, and on Zen 4, which runs the two halves one after the
# other; 4 cycles.
# Caches: the least of the family: Skylake-SP, Intel Optimization Reference Manual, "Cache Parameters": 32 KiB and
# 1 MiB a core, 1.375 MiB a core shared; the smallest (6 cores) has 8.25 MiB.
MACHINE = Machine(
    name="x86-avx512",
    vector_bits=512,
    vector_registers=32,
    fma_ports=2,
    fma_latency=4,
    dot="vpmaddubsw",
    l1d_bytes=32 * 1024,
    l2_bytes=1024 * 1024,
    l3_bytes=8448 * 1024,
)
