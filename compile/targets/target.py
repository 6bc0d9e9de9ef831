"""What code is built for."""

from __future__ import annotations

from dataclasses import dataclass

from ..cpu import HostCpu


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
