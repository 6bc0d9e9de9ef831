"""Read a TVM target string: refuse what TVM or LLVM does not know, and find out which CPU features it needs."""

from __future__ import annotations

import re

from ..cpu import LLVM_FEATURES
from ..errors import TilewrightError, unknown_name
from ..tvm_stack import compiler
from .target import Target

_ARCHITECTURES = {"arm64": "aarch64", "arm": "armv7l", "armv7": "armv7l", "amd64": "x86_64"}


def parse(text: str) -> Target:
    """The Target of an "llvm ..." string.  Raises TilewrightError for an unknown option, CPU or feature."""
    tvm = compiler()
    try:
        target = tvm.target.Target(text)
    except ValueError as error:
        lines = str(error).strip().splitlines()
        raise TilewrightError(f"target {text!r}: {lines[-1].removeprefix('ValueError: ')}") from None
    _refuse_unknown_cpu(tvm, target)
    known = dict(tvm.get_global_func("target.llvm_get_cpu_features")(target).items())
    triple = str(target.attrs.get("mtriple", "")) or tvm.get_global_func("target.llvm_get_system_triple")()
    architecture = triple.split("-")[0]
    return Target(
        name=text,
        tvm=str(target),
        architecture=_ARCHITECTURES.get(architecture, architecture),
        # The others are either in every CPU of the architecture or never used by generated code (mwait, sgx...).
        features=frozenset(LLVM_FEATURES.values()) & {str(feature) for feature in known},
    )


def _refuse_unknown_cpu(tvm: object, target: object) -> None:
    """LLVM itself only prints a warning for these and then builds for a generic CPU."""
    functions = tvm.get_global_func  # type: ignore[attr-defined]
    attributes = target.attrs  # type: ignore[attr-defined]
    cpus = [str(cpu) for cpu in functions("target.llvm_get_cpu_archlist")(target)]
    cpu = str(attributes.get("mcpu", ""))
    if cpu and cpu not in cpus:
        raise unknown_name("CPU", cpu, cpus, hint=f"(in target {str(target)!r})")
    for feature in attributes.get("mattr", []):
        if not re.fullmatch(r"[+-][\w.-]+", str(feature)):
            raise TilewrightError(f"target {str(target)!r}: -mattr takes +feature or -feature, not {str(feature)!r}")
