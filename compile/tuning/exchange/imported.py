"""What an import gave, and what it may take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ...targets import Target
from ...tvm_stack import compiler
from ..record import Record


@dataclass
class Imported:
    """`passed_over` counts, by reason, what no build could use."""

    records: list[Record] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


def is_for(target: Target, stated: Any) -> bool:
    """Whether code for `stated`, a target of TVM's or None, is code for `target`; one without a triple may be."""
    if stated is None:
        return False
    wanted = compiler().target.Target(target.tvm)
    triples = [str(one.attrs.get("mtriple", "")).partition("-")[0] for one in (wanted, stated)]
    return _processor(wanted) == _processor(stated) and ("" in triples or triples[0] == triples[1])


def _processor(one: Any) -> tuple[str, str, list[str]]:
    return one.kind.name, str(one.attrs.get("mcpu", "")), sorted(map(str, one.attrs.get("mattr", [])))
