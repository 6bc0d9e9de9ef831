"""Processor families as data: the one place where a register count or a cache size is written down."""

from __future__ import annotations

from . import (
    cortex_a53,
    cortex_a53_32,
    cortex_a72,
    cortex_a76,
    x86_avx2,
    x86_avx2_exact,
    x86_avx512,
    x86_avx512_exact,
    x86_vnni,
)
from .machine import Machine

__all__ = ["Machine", "get", "names"]

_MACHINES = {
    module.MACHINE.name: module.MACHINE
    for module in (
        cortex_a53,
        cortex_a53_32,
        cortex_a72,
        cortex_a76,
        x86_avx2,
        x86_avx2_exact,
        x86_avx512,
        x86_avx512_exact,
        x86_vnni,
    )
}


def names() -> tuple[str, ...]:
    """The names `get` knows, sorted."""
    return tuple(sorted(_MACHINES))


def get(name: str) -> Machine:
    """The description called `name`; KeyError with the known names where there is none."""
    if name not in _MACHINES:
        raise KeyError(f"no machine description {name!r}; there are {', '.join(names())}")
    return _MACHINES[name]
