"""AutoTVM's tuners propose: a task of theirs for each kernel that computes the layer, which take turns."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....schedules import machines
from ...targets import Target
from ...tvm_stack import compiler

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate, Kernel
    from ..tasks import Task

_POPULATION = 8  # of the genetic tuner: the spaces have tens


class ByAutoTvm:
    """See Source.  What is on record is not proposed: its tuner is told `known` seconds when it asks for them.

    `first` is one of `left` that is proposed before a tuner is asked.  `merits` are what like layers say of the
    candidates (see Experience), from which XGBoost's model starts.
    """

    def __init__(
        self,
        task: Task,
        left: Sequence[Candidate],
        known: Mapping[Candidate, float],
        target: Target,
        kind: str,
        first: Candidate | None = None,
        merits: Mapping[Candidate, float] | None = None,
    ) -> None:
        compiler()
        from ....schedules.kernels import autotvm_template

        machine = machines.get(str(target.machine))
        self._left = {(one.kernel.name, one.config) for one in left}
        self._kernels = {one.kernel.name: one.kernel for one in left}
        self._tuners = {
            name: _tuner(
                autotvm_template.task(task.layer, kernel, machine, target.tvm), kind, _expected(kernel, merits or {})
            )
            for name, kernel in self._kernels.items()
        }
        self._turns = deque(self._tuners)
        self._known: dict[tuple[str, Any], float | None] = {
            (one.kernel.name, one.config): seconds for one, seconds in known.items()
        }
        self._asked: dict[tuple[str, Any], list[Any]] = {}
        self._first = first

    @property
    def left(self) -> int:
        """See Source."""
        return len(self._left) if self._turns else 0

    def next(self, count: int) -> list[Candidate]:
        """See Source."""
        from ....schedules.kernels import autotvm_template

        if self._first is not None:
            one, self._first = self._first, None
            self._left.remove((one.kernel.name, one.config))
            self._asked[one.kernel.name, one.config] = []
            return [one]
        found: list[Candidate] = []
        while self._turns and len(found) < count:
            name = self._turns[0]
            tuner = self._tuners[name]
            entities = tuner.next_batch(1) if tuner.has_next() else []
            if not entities:
                self._turns.popleft()
                continue
            one = autotvm_template.candidate_of(self._kernels[name], entities[0])
            key = (name, one.config)
            if key in self._asked:  # the genetic tuner goes on when it knows all of a generation
                self._asked[key].append(entities[0])
                break
            if key in self._left:
                self._left.remove(key)
                self._asked[key] = [entities[0]]
                found.append(one)
                self._turns.rotate(-1)
            else:
                self._update(name, entities, self._known.get(key))
        return found

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """See Source."""
        key = (one.kernel.name, one.config)
        self._known[key] = seconds
        if asked := self._asked.pop(key):
            self._update(one.kernel.name, asked, seconds)

    def _update(self, kernel: str, entities: Sequence[Any], seconds: float | None) -> None:
        from tvm import autotvm

        tuner = self._tuners[kernel]
        measured = [autotvm.MeasureInput(tuner.task.target, tuner.task, entity) for entity in entities]
        failed = autotvm.MeasureErrorNo.RUNTIME_DEVICE
        result = autotvm.MeasureResult(
            (seconds,) if seconds is not None else (RuntimeError("failed"),),
            autotvm.MeasureErrorNo.NO_ERROR if seconds is not None else failed,
            seconds or 0.0,
            0.0,
        )
        tuner.update(measured, [result] * len(measured))


def _expected(kernel: Kernel, merits: Mapping[Candidate, float]) -> Callable[[Any], float] | None:
    """The merit of a config of AutoTVM; None where nothing is known of any."""
    from ....schedules.kernels import autotvm_template

    its = {one.config: merit for one, merit in merits.items() if one.kernel.name == kernel.name}
    if not any(its.values()):
        return None
    return lambda entity: its.get(autotvm_template.candidate_of(kernel, entity).config, 0.0)


def _tuner(task: Any, kind: str, expected: Callable[[Any], float] | None) -> Any:
    from tvm.autotvm import tuner

    logging.getLogger("autotvm").setLevel(logging.ERROR)
    if kind == "xgboost":
        from .by_knobs import tuner_by_knobs

        return tuner_by_knobs(task, expected)
    if kind == "genetic":
        return tuner.GATuner(task, pop_size=_POPULATION)
    return {"grid": tuner.GridSearchTuner, "random": tuner.RandomTuner}[kind](task)
