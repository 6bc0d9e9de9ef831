"""x86 with AVX512, for weights of more than 7 bits: with them the sums of its faster int8 dot product saturate."""

from __future__ import annotations

from dataclasses import replace

from . import x86_avx512

MACHINE = replace(x86_avx512.MACHINE, name="x86-avx512-exact", dot="vpmaddwd")
