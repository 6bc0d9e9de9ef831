"""Targets as data: a name, TVM's target string, the CPU features its code needs, and the machine it is tuned for."""

from __future__ import annotations

from dataclasses import dataclass

from .cpu import HostCpu, host_cpu
from .errors import TilewrightError, unknown_name

_AVX2 = frozenset(
    ["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse4.1", "sse4.2", "ssse3"]
)
_AVX512 = _AVX2 | {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
_LINUX_X86 = "llvm -mtriple=x86_64-linux-gnu"


@dataclass(frozen=True)
class Target:
    """`features` are LLVM's names; a CPU without one of them must not run the code.

    `machine` names the description in schedules/machines that kernels are shaped by; None for a target string that
    the project has no description for.
    """

    name: str
    tvm: str
    architecture: str
    features: frozenset[str]
    machine: str | None = None

    def missing_on(self, cpu: HostCpu) -> tuple[str, ...]:
        """What `cpu` lacks to run this target's code: its architecture, or features; empty when it can run it."""
        if cpu.architecture != self.architecture:
            return (self.architecture,)
        return cpu.missing(self.features)


# The best first: `native` is the first that the CPU can run.
NAMED = (
    Target("x86-vnni", f"{_LINUX_X86} -mcpu=cascadelake", "x86_64", _AVX512 | {"avx512vnni"}, "x86-vnni"),
    Target("x86-avx512", f"{_LINUX_X86} -mcpu=skylake-avx512", "x86_64", _AVX512, "x86-avx512"),
    Target("x86-avx2", f"{_LINUX_X86} -mcpu=haswell", "x86_64", _AVX2, "x86-avx2"),
)


def names() -> tuple[str, ...]:
    """Every name that `resolve` takes, beside TVM target strings."""
    return ("native", *(target.name for target in NAMED))


def resolve(name: str) -> Target:
    """A named target, `native`, or a TVM target string that starts with "llvm".

    Raises TilewrightError for an unknown name (with the near ones), a target string that TVM or LLVM refuses, and
    for `native` on a CPU that has none of the named targets' features.
    """
    if name == "native":
        return native(host_cpu())
    for target in NAMED:
        if target.name == name:
            return target
    if name.split()[:1] == ["llvm"]:
        from .target_strings import parse

        return parse(name)
    raise unknown_name("target", name, names(), hint='Or give a TVM target string such as "llvm -mcpu=znver3".')


def native(cpu: HostCpu) -> Target:
    """The named target with the most features that `cpu` has."""
    for target in NAMED:
        if not target.missing_on(cpu):
            return target
    raise TilewrightError(
        f"no named target fits this CPU ({cpu.model}, {cpu.architecture}): "
        'give a TVM target string such as "llvm -mcpu=nehalem" with --target'
    )
