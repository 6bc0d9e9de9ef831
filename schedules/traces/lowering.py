"""Lowering with traces: relay.build schedules what states a trace by that, and all else by its TE schedule.

TVM's own way is a database of tuning records that each lowered function is looked up in, by the structure of its TIR;
what is not found falls back to a default with a warning.  Here the function itself says which trace it wants, so there
is nothing that could not be found: the converter hands only such functions to TVM's database, and the database answers
with the trace.  One that does not fit ends the build.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from tvm import IRModule, register_func, te
from tvm import get_global_func as global_function

from ..kernels import KERNELS, Candidate
from ..kernels.alone import arguments
from ..layers import Layer, to_key
from . import traced

_CONVERTER = "relay.backend.tir_converter.default"


@contextlib.contextmanager
def replaying() -> Iterator[None]:
    """Within it relay.build replays traces."""
    _register()
    with _database():  # TVM asks the converter only where there is one
        yield


def lowered_alone(layer: Layer, chosen: Candidate, name: str) -> IRModule:
    """A traced candidate by itself, scheduled: a function `name` of data, packed weights and result.

    Raises TraceMisfit for a trace that does not fit the layer.
    """
    function = traced.replay(chosen.config, workload(layer, chosen)).mod["main"]
    return IRModule({name: function.with_attr("global_symbol", name)})


def workload(layer: Layer, chosen: Candidate) -> IRModule:
    """What a trace is applied to: the candidate by itself, not scheduled."""
    tensors = arguments(layer, chosen)
    result = chosen.kernel.compute(layer, chosen.config, *tensors)
    return IRModule({"main": te.create_prim_func([*tensors, result])})


@functools.cache
def _register() -> None:
    """In place of TVM's own converter: what folds constants inside of relay.build asks for that by name."""
    usual: Any = global_function(_CONVERTER)

    @register_func(_CONVERTER, override=True)
    def convert(tensors: Any, constants: Any) -> Any:
        return None if traced.anchor_of(tensors) is None else usual(tensors, constants)


@functools.cache
def _database() -> Any:
    from tvm.meta_schedule.database import PyDatabase, TuningRecord, Workload
    from tvm.meta_schedule.utils import derived_object

    @derived_object
    class Traces(PyDatabase):  # type: ignore[misc]
        """Answers a function with the trace that it states."""

        def query_tuning_record(self, module: Any, _target: Any, name: str) -> Any:
            stated = traced.anchor_of_module(module)
            if stated is None:
                raise ValueError(f"{name} states no trace")
            chosen = Candidate(KERNELS[stated.kernel], stated.config)
            alone = workload(stated.layer, chosen)
            try:
                trace = traced.replay(stated.config, alone).trace
            except traced.TraceMisfit as error:
                raise traced.TraceMisfit(
                    f"the trace on record for {to_key(stated.layer)} does not fit: {error}"
                ) from None
            return TuningRecord(trace, Workload(alone), None, None, None)

    return Traces()
