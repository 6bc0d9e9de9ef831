"""x86 with AVX2 and FMA: Haswell (2013) and later, Zen and later."""

from __future__ import annotations

from .machine import Machine

# Registers: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, section 14.1 (ymm0-ymm15).
# Ports, latency: uops.info, VFMADD231PS (YMM, YMM, YMM): two a cycle, 5 cycles on Haswell, Broadwell and Zen, 4 since
# Skylake and Zen 3.
# Caches: the least of the family: Core i7-4770 (Haswell), 32 KiB and 256 KiB a core, 8 MiB for all; Intel
# Optimization Reference Manual, "Cache Parameters" of Haswell.  Zen has 512 KiB or 1 MiB of L2.
MACHINE = Machine(
    name="x86-avx2",
    vector_bits=256,
    vector_registers=16,
    fma_ports=2,
    fma_latency=5,
    dot="vpmaddubsw",
    l1d_bytes=32 * 1024,
    l2_bytes=256 * 1024,
    l3_bytes=8 * 1024 * 1024,
)
