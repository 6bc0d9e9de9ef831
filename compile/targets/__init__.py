"""Targets as data: a name, TVM's target string, the CPU features its code needs, and the machine it is tuned for."""

from __future__ import annotations

from ..cpu import host_cpu
from ..errors import unknown_name
from .named import NAMED, native
from .target import Target

__all__ = ["NAMED", "Target", "names", "native", "resolve"]


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
        from .strings import parse

        return parse(name)
    raise unknown_name("target", name, names(), hint='Or give a TVM target string such as "llvm -mcpu=znver3".')
