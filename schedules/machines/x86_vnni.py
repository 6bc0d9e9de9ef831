"""x86 with AVX-512 and its int8 dot product (VNNI): Cascade Lake (2019) and later Xeons, Zen 4 and later."""

from __future__ import annotations

from dataclasses import replace

from . import x86_avx512

# Cascade Lake is Skylake-SP with VPDPBUSD (Intel Optimization Reference Manual, "Cascade Lake Product").
MACHINE = replace(x86_avx512.MACHINE, name="x86-vnni", dot="vpdpbusd")
