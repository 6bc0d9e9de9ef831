"""AutoTVM's logs: one JSON line a measurement (tvm/autotvm/record.py).

Ours are of the task "tilewright", whose arguments are kernel, layer and machine and whose knobs are the fields of the
kernel's config; how they were measured is in its keyword arguments, which TVM's readers pass over.  Of others, those of
TVM's templates for blocks of channels are read: they name a layer as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....schedules.layers import Conv2d, from_key, to_key
from ...errors import TilewrightError
from ...targets import Target
from ...tvm_stack import TVM_VERSION, compiler
from ..record import Record
from .exported import Exported, exported
from .imported import Imported, is_for

_HOW = ("threads", "cpu", "model", "place", "clock")
_OURS, _BLOCKS, _DEPTHWISE = "tilewright", "conv2d_NCHWc.x86", "depthwise_conv2d_NCHWc.x86"


def to_autotvm(records: Sequence[Record], target: Target, threads: int) -> tuple[list[str], Exported]:
    """A line for each record with `threads` of a kernel with a config; MetaSchedule's go into a database."""
    tvm = compiler()
    from tvm import autotvm
    from tvm.autotvm.task.space import ConfigEntity, OtherOptionEntity

    found, lines = exported([one for one in records if "trace" not in one.config], threads), []
    for one in found.records:
        task = autotvm.task.Task(_OURS, (one.kernel, one.layer, target.machine))
        task.kwargs = {name: getattr(one, name) for name in _HOW}
        knobs = {name: OtherOptionEntity(value) for name, value in one.config.items()}
        measured = autotvm.MeasureInput(tvm.target.Target(target.tvm), task, ConfigEntity(0, None, knobs, []))
        seconds = one.microseconds / 1e6
        result = autotvm.MeasureResult((seconds,), autotvm.MeasureErrorNo.NO_ERROR, seconds, 0.0)
        lines.append(autotvm.record.encode(measured, result))
    return lines, found


def from_autotvm(path: Path, target: Target, threads: int) -> Imported:
    """The records in a log, as measured as it says, or else with `threads`, alone and by a real clock.

    Raises TilewrightError for a file that is no such log.
    """
    compiler()
    from tvm.autotvm import record

    found = Imported()
    text = path.read_text(encoding="utf-8", errors="replace")  # what is no text is no line either
    for number, line in enumerate(text.splitlines(), 1):
        try:
            decoded = record.decode(line) if line.strip() else None
        except Exception as error:  # TVM's, of many kinds
            raise TilewrightError(f"{path}:{number} is no line of an AutoTVM log ({error})") from None
        if decoded is None:
            continue
        (measured, result), row = decoded, json.loads(line)
        if reason := _unusable(row, measured, result, target):
            found.passed_over[reason] += 1
            continue
        said = row["input"][3] if measured.task.name == _OURS else {}
        how = {"threads": threads, "cpu": f"imported from {path.name}", "model": "", "place": "alone", "clock": "wall"}
        how |= {name: said[name] for name in _HOW if name in said}
        _take(found, measured, float(min(result.costs)) * 1e6, target, how)
    return found


def _unusable(row: dict[str, Any], measured: Any, result: Any, target: Target) -> str:
    """Why a line is not used; empty for one that is."""
    if result.error_no:
        return "measurements that failed"
    if not is_for(target, measured.target):
        return f"for another processor than {target.name}'s"
    version = row.get("tvm_version")
    return "" if version == TVM_VERSION else f"of TVM {version or 'of no stated version'}"


def _take(found: Imported, measured: Any, microseconds: float, target: Target, how: dict[str, Any]) -> None:
    try:
        layer, kernel, config = _stated(measured, target)
    except (KeyError, TypeError, ValueError):
        found.passed_over[f"of {measured.task.name}, which no layer of ours is"] += 1
        return
    at = (layer, target.name, TVM_VERSION, kernel, config)
    found.records.append(Record(*at, microseconds=round(microseconds, 3), **how))


def _stated(measured: Any, target: Target) -> tuple[str, str, dict[str, Any]]:
    """(layer, kernel, config).  Raises KeyError, TypeError or ValueError where it states none of ours."""
    from ....schedules.kernels import candidate

    task, entity = measured.task, measured.config
    if task.name in (_BLOCKS, _DEPTHWISE):
        layer = _of_template(task.args, entity, depthwise=task.name == _DEPTHWISE)
        rows = entity["tile_oh"].val if "tile_oh" in entity._entity_map else 1
        unrolled = int(bool(entity["unroll_kw"].val)) if "unroll_kw" in entity._entity_map else 0
        return to_key(layer), "tvm_conv2d", {"columns": entity["tile_ow"].size[-1], "rows": rows, "unrolled": unrolled}
    if task.name != _OURS or task.args[2] != target.machine:
        raise KeyError(task.name)
    kernel, layer = str(task.args[0]), from_key(str(task.args[1]))
    config = {name: entity[name].val for name in entity._entity_map}
    candidate(kernel, config)
    return to_key(layer), kernel, config


def _of_template(arguments: Any, entity: Any, depthwise: bool) -> Conv2d:
    """The layer of TVM's workload (tensors as NCHW and OIHW; topi/x86/conv2d.py) in the blocks that were tuned."""
    (_, data, kind), (_, weight, _), strides, pads, dilations = arguments[:5]
    batch, channels, height, width = data
    filters = channels if depthwise else weight[0]
    blocks = (entity["tile_ic"].size[-1], entity["tile_oc"].size[-1])
    around = tuple(pads) if len(pads) == 4 else (pads[0], pads[1], pads[0], pads[1])
    size = (batch, channels, height, width, filters, (weight[2], weight[3]), tuple(strides), around, tuple(dilations))
    return Conv2d(*size, channels if depthwise else 1, *blocks, kind)
