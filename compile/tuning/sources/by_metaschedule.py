"""MetaSchedule proposes: traces found by its evolutionary search, ranked by its cost model.

A search starts from the best traces on record, and with what the cost model has learnt of other layers.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...targets import Target
from ...tvm_stack import available_cores, metaschedule
from .cost_model import CostModel

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate, Kernel
    from ....schedules.layers import Layer

TRIALS = 32  # traces of a layer that are tried: its spaces have no end
_AT_ONCE = 8
_HOPELESS = 2.0  # times the layer's best: a search whose first proposals are all so far behind is given up
_SEED = 1


@dataclass(frozen=True)
class Traced:
    """What is on record of a layer: traces with their seconds, and how many more are to be tried.

    tried  names of all that were measured, or failed: TVM's search finds some of them again
    """

    known: tuple[tuple[Candidate, float], ...] = ()
    left: int = 0
    tried: frozenset[str] = frozenset()


class ByMetaSchedule:
    """See Source.  It starts to search when it is first asked."""

    def __init__(self, layer: Layer, kernel: Kernel, traced: Traced, target: Target, model: CostModel) -> None:
        self._layer, self._kernel, self._traced, self._target = layer, kernel, traced, target
        self._ms, self._model = metaschedule(), model
        self.left = traced.left
        self._context: Any = None
        self._waiting: deque[Any] = deque()
        self._asked: dict[Candidate, Any] = {}
        self._behind: list[float] = []
        self._told: list[tuple[Any, Any]] = []
        self._found_again: list[tuple[Any, Any]] = []

    def next(self, count: int) -> list[Candidate]:
        """See Source."""
        hopeless = bool(self._behind) and min(self._behind) > _HOPELESS
        while not self._waiting and self.left and not hopeless and self._search():
            pass
        found = []
        while self._waiting and len(found) < min(count, self.left):
            proposed = self._waiting.popleft()
            one = _candidate(self._kernel, proposed.sch.trace)
            self._asked[one] = proposed
            found.append(one)
        self.left = self.left - len(found) if found else 0
        return found

    def tell(self, one: Candidate, seconds: float | None, behind: float) -> None:
        """See Source."""
        self._told.append((self._asked.pop(one), self._result(seconds)))
        self._behind.append(behind)
        if seconds is not None:
            self._commit(one, [seconds])

    def _search(self) -> bool:
        """Whether that found something, new or not; what is on record is told at once, but not learnt again."""
        context = self._context = self._context or self._start()
        if self._told:
            proposed, results = (list(each) for each in zip(*self._told, strict=True))
            context.notify_runner_results(proposed, results)
            self._model.learn(context, proposed, results)
            self._told = []
        if self._found_again:
            context.notify_runner_results(*(list(each) for each in zip(*self._found_again, strict=True)))
            self._found_again = []
        found = list(context.generate_measure_candidates() or ())
        seconds = {one.name: taken for one, taken in self._traced.known}
        for proposed in found:
            name = _candidate(self._kernel, proposed.sch.trace).name
            if name in self._traced.tried or name in seconds:
                self._found_again.append((proposed, self._result(seconds.get(name))))
            else:
                self._waiting.append(proposed)
        return bool(found)

    def _result(self, seconds: float | None) -> Any:
        failed = None if seconds is not None else "failed"
        return self._ms.runner.RunnerResult(None if seconds is None else [seconds], failed)

    def _start(self) -> Any:
        from ....schedules.kernels import Candidate
        from ....schedules.traces import design_space, lowering

        logging.getLogger("tvm.meta_schedule").setLevel(logging.ERROR)
        module = lowering.workload(self._layer, Candidate(self._kernel, self._kernel.config("")))
        self._database = self._ms.database.MemoryDatabase()
        self._workload = self._database.commit_workload(module)
        for one, seconds in self._traced.known:
            self._commit(one, [seconds])
        context = design_space.context(module, self._target.tvm, _SEED, available_cores())
        spaces = context.generate_design_space()
        context.pre_tuning(TRIALS, _AT_ONCE, spaces, self._database, self._model.model)
        return context

    def _commit(self, one: Candidate, seconds: Sequence[float]) -> None:
        from ....schedules.traces.traced import replay

        trace = replay(one.config, self._workload.mod).trace
        self._database.commit_tuning_record(self._ms.database.TuningRecord(trace, self._workload, seconds, None, None))


def _candidate(kernel: Kernel, trace: Any) -> Candidate:
    from ....schedules.kernels import Candidate

    return Candidate(kernel, kernel.config.of(trace))
