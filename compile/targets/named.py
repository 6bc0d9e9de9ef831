"""The named targets, as data."""

from __future__ import annotations

from ..cpu import HostCpu
from ..errors import TilewrightError
from .target import Target

_AVX2 = frozenset(
    ["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse4.1", "sse4.2", "ssse3"]
)
_AVX512 = _AVX2 | {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
_LINUX_X86 = "llvm -mtriple=x86_64-linux-gnu"

# The best first: `native` is the first that the CPU can run.
NAMED = (
    Target("x86-vnni", f"{_LINUX_X86} -mcpu=cascadelake", "x86_64", _AVX512 | {"avx512vnni"}, "x86-vnni"),
    Target("x86-avx512", f"{_LINUX_X86} -mcpu=skylake-avx512", "x86_64", _AVX512, "x86-avx512"),
    Target("x86-avx2", f"{_LINUX_X86} -mcpu=haswell", "x86_64", _AVX2, "x86-avx2"),
)


def native(cpu: HostCpu) -> Target:
    """The named target with the most features that `cpu` has."""
    for target in NAMED:
        if not target.missing_on(cpu):
            return target
    raise TilewrightError(
        f"no named target fits this CPU ({cpu.model}, {cpu.architecture}): "
        'give a TVM target string such as "llvm -mcpu=nehalem" with --target'
    )
