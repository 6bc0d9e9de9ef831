"""The twin of a Bundle that this CPU cannot run: the same network built for this CPU, to be checked in its place.

A network on integers has to round as ONNX Runtime does.  The kernels do, on every target; TVM's own operators, which
the import is checked with, do not, and deep networks magnify the difference: MobileNetV2 with random weights has 25 dB.
"""

from __future__ import annotations

from dataclasses import replace

from .cpu import host_cpu
from .errors import TilewrightError
from .importing import ImportedModel
from .precisions import ON_INTEGERS
from .targets import Target, native
from .tvm_stack import compiler


def twin_for(imported: ImportedModel, target: Target) -> Target | None:
    """What to build a twin for, if that says something of `imported` built for `target`: this CPU's named target.

    For a machine without an int8 dot product it has that machine's kernels, which name no instructions, so that the
    very sums are checked; else the kernels are those of this CPU, whose integer sums are exact, as the target's are.
    None where the network is not on integers or either build would not have our kernels, and where no named target fits
    this CPU.
    """
    if imported.precision not in ON_INTEGERS or imported.stock_kernels or target.machine is None:
        return None
    try:
        here = native(host_cpu())
    except TilewrightError:  # a CPU without a named target: the import is checked, as for fp32
        return None
    if not _has_dot(target):
        return replace(here, name=target.name, machine=target.machine)  # the records are by name
    return here


def _has_dot(target: Target) -> bool:
    compiler()  # sets TVM up before the kernels import it
    from ..schedules import machines

    return machines.get(str(target.machine)).dot is not None
