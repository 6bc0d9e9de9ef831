"""AutoTVM's tuners propose: a task of theirs for each kernel that computes the layer, which take turns."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ....schedules import machines
from ...targets import Target
from ...tvm_stack import compiler, xgboost_tuner

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ..tasks import Task

_PLANNED = 16  # configs that XGBoost's model ranks at a time: the spaces have tens
_FAILED = 1  # any of AutoTVM's error numbers


class ByAutoTvm:
    """See Source.  What is on record already is not among `left`, and is not proposed."""

    def __init__(self, task: Task, left: Sequence[Candidate], target: Target, kind: str) -> None:
        compiler()
        from ....schedules.kernels import autotvm_template

        machine = machines.get(str(target.machine))
        self._left = {(one.kernel.name, one.config) for one in left}
        self._kernels = {one.kernel.name: one.kernel for one in left}
        self._tuners = {
            name: _tuner(autotvm_template.task(task.layer, kernel, machine, target.tvm), kind)
            for name, kernel in self._kernels.items()
        }
        self._turns = deque(self._tuners)
        self._asked: dict[tuple[str, Any], Any] = {}

    @property
    def left(self) -> int:
        """See Source."""
        return len(self._left) if self._turns else 0

    def next(self, count: int) -> list[Candidate]:
        """See Source."""
        from ....schedules.kernels import autotvm_template

        found: list[Candidate] = []
        while self._turns and len(found) < count:
            name = self._turns[0]
            tuner = self._tuners[name]
            entities = tuner.next_batch(1) if tuner.has_next() else []
            if not entities:
                self._turns.popleft()
                continue
            self._turns.rotate(-1)
            one = autotvm_template.candidate_of(self._kernels[name], entities[0])
            if (name, one.config) in self._left:
                self._left.remove((name, one.config))
                self._asked[name, one.config] = entities[0]
                found.append(one)
        return found

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """See Source."""
        from tvm import autotvm

        tuner = self._tuners[one.kernel.name]
        measured = autotvm.MeasureInput(tuner.task.target, tuner.task, self._asked.pop((one.kernel.name, one.config)))
        failed = autotvm.MeasureErrorNo.RUNTIME_DEVICE
        result = autotvm.MeasureResult(
            (seconds,) if seconds is not None else (RuntimeError("failed"),),
            autotvm.MeasureErrorNo.NO_ERROR if seconds is not None else failed,
            seconds or 0.0,
            0.0,
        )
        tuner.update([measured], [result])


def _tuner(task: Any, kind: str) -> Any:
    from tvm.autotvm import tuner

    logging.getLogger("autotvm").setLevel(logging.ERROR)
    if kind == "xgboost":
        # Features of the knobs: those of the loops would be taken in processes that do not know our template.
        return xgboost_tuner()(task, plan_size=_PLANNED, feature_type="knob", loss_type="reg")
    if kind == "genetic":
        return tuner.GATuner(task, pop_size=_PLANNED)
    return {"grid": tuner.GridSearchTuner, "random": tuner.RandomTuner}[kind](task)
