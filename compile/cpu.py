"""What this machine's processor is and can do, read from Linux's /proc/cpuinfo: no TVM, so it runs on a board too.

The kernel and LLVM name the same instruction sets differently (`asimddp` is `dotprod`); targets are described in
LLVM's names, so the kernel's are translated here, once.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from .tvm_stack import available_cores

CPUINFO = Path("/proc/cpuinfo")
SYSFS = Path("/sys/devices/system/cpu")

# Kernel flag -> LLVM feature.  Kernel names: Linux arch/x86/include/asm/cpufeatures.h and
# Documentation/arch/arm64/elf_hwcaps.rst; LLVM names: X86.td and AArch64Features.td.
LLVM_FEATURES = {
    "ssse3": "ssse3",
    "sse4_1": "sse4.1",
    "sse4_2": "sse4.2",
    "popcnt": "popcnt",
    "movbe": "movbe",
    "abm": "lzcnt",
    "bmi1": "bmi",
    "bmi2": "bmi2",
    "f16c": "f16c",
    "fma": "fma",
    "avx": "avx",
    "avx2": "avx2",
    "avx_vnni": "avxvnni",
    "avx512f": "avx512f",
    "avx512dq": "avx512dq",
    "avx512bw": "avx512bw",
    "avx512cd": "avx512cd",
    "avx512vl": "avx512vl",
    "avx512ifma": "avx512ifma",
    "avx512vbmi": "avx512vbmi",
    "avx512_vbmi2": "avx512vbmi2",
    "avx512_vnni": "avx512vnni",
    "avx512_bf16": "avx512bf16",
    "avx512_fp16": "avx512fp16",
    "amx_tile": "amx-tile",
    "amx_int8": "amx-int8",
    "amx_bf16": "amx-bf16",
    "fp": "fp-armv8",
    "neon": "neon",
    "asimd": "neon",
    "asimdhp": "fullfp16",
    "asimddp": "dotprod",
    "asimdrdm": "rdm",
    "asimdfhm": "fp16fml",
    "atomics": "lse",
    "crc32": "crc",
    "i8mm": "i8mm",
    "bf16": "bf16",
    "sve": "sve",
    "sve2": "sve2",
    "vfpv4": "vfp4",
}

# (implementer, part) -> name, for the Arm cores whose kernel gives numbers only.  Source: util-linux lscpu-arm.c.
ARM_CORES = {
    ("0x41", "0xd03"): "Cortex-A53",
    ("0x41", "0xd05"): "Cortex-A55",
    ("0x41", "0xd07"): "Cortex-A57",
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse-N1",
    ("0x41", "0xd40"): "Neoverse-V1",
    ("0x41", "0xd49"): "Neoverse-N2",
}


@dataclass(frozen=True)
class HostCpu:
    """The processor this process runs on.

    `model` is for people ("Intel Core i7-8700", "Cortex-A72 (Raspberry Pi 4 Model B Rev 1.4)"), and with a number that
    tells one generation from the next ("AMD EPYC (family 26, model 2)", as a virtual machine has it); `architecture`
    is uname's ("x86_64", "aarch64", "armv7l"); `features` are LLVM's names of what every core has; `cores` is how
    many cores this process may use, hardware threads counted as cores.
    """

    model: str
    architecture: str
    features: frozenset[str]
    cores: int

    def missing(self, required: frozenset[str]) -> tuple[str, ...]:
        """The required LLVM features this processor lacks, sorted; empty when it can run such code."""
        return tuple(sorted(required - self.features))


def host_cpu(cpuinfo: Path = CPUINFO, architecture: str | None = None) -> HostCpu:
    """This machine's processor; `cpuinfo` and `architecture` stand in for another machine's in tests.

    Where there is no such file (not Linux), `features` is empty and nothing can be promised about the processor.
    """
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.is_file() else ""
    blocks = [_fields(block) for block in text.split("\n\n") if block.strip()]
    return HostCpu(
        model=_model(blocks) or platform.processor() or "unknown",
        architecture=architecture or platform.machine(),
        features=_features(blocks),
        cores=available_cores(),
    )


def last_level_cache_bytes(sysfs: Path = SYSFS) -> int | None:
    """All last-level caches of this machine together, in bytes; None where the kernel does not tell (some boards)."""
    sizes: dict[tuple[int, str], int] = {}  # (level, which cores share it) -> bytes
    for cache in sysfs.glob("cpu[0-9]*/cache/index[0-9]*"):
        level, kind, cores, size = (_line(cache / name) for name in ("level", "type", "shared_cpu_list", "size"))
        if kind != "Instruction" and level.isdigit() and size.removesuffix("K").isdigit():
            sizes[int(level), cores] = int(size.removesuffix("K")) * 1024
    last = max((level for level, _ in sizes), default=None)
    return sum(size for (level, _), size in sizes.items() if level == last) or None


def _line(path: Path) -> str:
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def _fields(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _features(blocks: list[dict[str, str]]) -> frozenset[str]:
    """What all cores have: big and little ones may differ, and a thread may land on any of them."""
    per_core = [(block.get("flags") or block.get("Features", "")).split() for block in blocks if "processor" in block]
    cores = [{LLVM_FEATURES[flag] for flag in flags if flag in LLVM_FEATURES} for flags in per_core if flags]
    common = frozenset(set.intersection(*cores)) if cores else frozenset()
    # A kernel of 32 bits has no name for ARMv8's own floating point, but crc32 is ARMv8's, and with NEON that has both
    # (Arm Architecture Reference Manual for A-profile, A2.3 and the register MVFR2).
    return common | {"fp-armv8"} if {"crc", "neon"} <= common else common


def _model(blocks: list[dict[str, str]]) -> str:
    cores = sorted({name for block in blocks if (name := _core_name(block))})
    board = next((block["Model"] for block in blocks if "Model" in block), "")
    core = " + ".join(cores)
    return f"{core} ({board})" if core and board else core or board


def _core_name(block: dict[str, str]) -> str:
    arm = ARM_CORES.get((block.get("CPU implementer", ""), block.get("CPU part", "")))
    return arm or _x86_name(block)


def _x86_name(block: dict[str, str]) -> str:
    name, family, model = (block.get(field, "") for field in ("model name", "cpu family", "model"))
    told = not family or any(letter.isdigit() for letter in name)
    return name if told else f"{name} (family {family}, model {model})"
