"""x86 with AVX2, for weights of more than 7 bits: with them the sums of its faster int8 dot product saturate."""

from __future__ import annotations

from dataclasses import replace

from . import x86_avx2

MACHINE = replace(x86_avx2.MACHINE, name="x86-avx2-exact", dot="vpmaddwd")
