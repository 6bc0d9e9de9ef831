"""What can be measured on this machine: refused before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

from ..cpu import host_cpu
from ..errors import TilewrightError
from ..targets import resolve
from ..tvm_stack import available_cores


def require_cores(threads: Sequence[int]) -> None:
    """Threads that share a core spin while they wait for each other: thousands stall the whole machine."""
    cores = available_cores()
    if not all(1 <= count <= cores for count in threads):
        raise TilewrightError(f"--threads {','.join(map(str, threads))}: this process can use 1 to {cores} here")


def require_runnable(target: str) -> None:
    """Raises TilewrightError when this CPU lacks instructions that code for `target` uses."""
    if missing := resolve(target).missing_on(host_cpu()):
        raise TilewrightError(
            f"target {target} cannot be measured here: this CPU has no {', '.join(missing)}; `tilewright compile` can"
        )
