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
_ARMV8 = frozenset(["crc", "fp-armv8", "neon"])
_LINUX_ARM = "llvm -mtriple=aarch64-linux-gnu"
_LINUX_ARM32 = "llvm -mtriple=armv7l-linux-gnueabihf -mfloat-abi=hard"

# The best first: `native` is the first that the CPU can run, if none is made for that very core.
NAMED = (
    Target("x86-vnni", f"{_LINUX_X86} -mcpu=cascadelake", "x86_64", _AVX512 | {"avx512vnni"}, "x86-vnni"),
    Target("x86-avx512", f"{_LINUX_X86} -mcpu=skylake-avx512", "x86_64", _AVX512, "x86-avx512"),
    Target("x86-avx2", f"{_LINUX_X86} -mcpu=haswell", "x86_64", _AVX2, "x86-avx2"),
    Target(
        "rpi5",
        f"{_LINUX_ARM} -mcpu=cortex-a76",
        "aarch64",
        _ARMV8 | {"dotprod", "fullfp16", "lse", "rdm"},
        "cortex-a76",
    ),
    Target("rpi4", f"{_LINUX_ARM} -mcpu=cortex-a72", "aarch64", _ARMV8, "cortex-a72"),
    Target("rpi3", f"{_LINUX_ARM} -mcpu=cortex-a53", "aarch64", _ARMV8, "cortex-a53"),
    # A Raspberry Pi 3 or later whose system has 32 bits: the cores are ARMv8's, in their old instruction set.
    Target("rpi3-32", f"{_LINUX_ARM32} -mcpu=cortex-a53", "armv7l", _ARMV8 | {"vfp4"}, "cortex-a53-32"),
)


def native(cpu: HostCpu) -> Target:
    """Of the named targets that `cpu` can run the one made for its core, else the one with the most features."""
    fitting = [target for target in NAMED if not target.missing_on(cpu)]
    own = [target for target in fitting if cpu.model.lower().startswith(str(target.machine))]
    if not fitting:
        raise TilewrightError(
            f"no named target fits this CPU ({cpu.model}, {cpu.architecture}): "
            'give a TVM target string such as "llvm -mcpu=nehalem" with --target'
        )
    return (own or fitting)[0]
