"""A quantized model that is no faster than the fp32 one is not to pass unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..quantizing.import_as import weight_bits_for
from ..targets import resolve
from .measurement import Measurement

_SAME = ("engine", "target", "threads", "batch", "macs")  # a pruned network of the same name is another


def warnings_for(rows: Iterable[Measurement], known: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each of our quantized `rows` whose median is not below the newest fp32 one of `known`.

    `known` are the store's rows of the same model, the oldest first; what another CPU measured does not count.
    """
    found = []
    for row in rows:
        if row.engine != "tvm" or row.precision == "fp32":
            continue
        alike = [one for one in known if one["precision"] == "fp32" and _alike(one, row)]
        if alike and row.latency_ms.median >= (before := alike[-1]["latency_ms"]["median"]):
            hint = _fewer_bits(row)
            found.append(
                f"warning: {row.model} in {row.precision} takes {row.latency_ms.median:.3g} ms, no less than fp32's "
                f"{before:.3g} ms ({row.target}, {row.threads} thread(s), batch {row.batch}; measured "
                f"{alike[-1]['taken_at'][:10]}): run it in fp32, or see `tilewright quantize --search`{hint}"
            )
    return found


def _fewer_bits(row: Measurement) -> str:
    """A hint, where weights of 8 bits have to take a slower dot product than those of 7."""
    target = resolve(row.target)
    if target.machine is None or (bits := weight_bits_for(target)) == 8:  # the kernels are TVM's, or all are fast
        return ""
    return f"; weights of 8 bits are slow on this CPU: `tilewright quantize --weight-bits {bits}`"


def _alike(one: dict[str, Any], row: Measurement) -> bool:
    return all(one[name] == getattr(row, name) for name in _SAME) and one["host"]["cpu"] == row.host["cpu"]
