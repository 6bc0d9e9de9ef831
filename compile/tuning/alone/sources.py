"""What proposes the candidates of each task of a run: what its tuner may choose from, less what is on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ....schedules.layers import to_key
from ..record import Record
from ..sources import Source
from ..sources.by_metaschedule import TRIALS, Traced
from ..sources.cost_model import CostModel
from ..tasks import Task
from ..transfer import Experience
from ..waiting import Waiting
from .run import Alone

TRACES_SPACE = f"metaschedule, {TRIALS} trials"  # in the mark of a layer that had them


class Sources:
    """Makes them; MetaSchedule's cost model and the experience with like layers are shared."""

    def __init__(self, run: Alone, waiting: Waiting) -> None:
        self._run, self._waiting = run, waiting
        self._experience = Experience(run.target)
        self._model = CostModel(run.logs / run.target.name) if run.tuner.traces else None

    def of(self, task: Task) -> Source:
        """The source of one task."""
        run, layer = self._run, task.layer
        left = self._waiting.left(layer, run.tuner.groups(task), run.threads)
        traced = Traced(self._known(task), traces_left(task, self._waiting, run.threads))
        return run.tuner.source(task, self._experience.order(layer, left), traced, run.target, self._model)

    def _known(self, task: Task) -> tuple:
        """The traces on record, with the seconds that they take on the fewest threads."""
        if task.traceable is None or not self._run.tuner.traces:
            return ()
        from ....schedules.kernels import candidate

        times: dict[str, list[Record]] = defaultdict(list)
        for one in self._run.log.records:
            mine = (one.layer, one.kernel) == (to_key(task.layer), task.traceable.name)
            if mine and (one.place, one.clock, one.threads) == ("alone", self._run.clock, min(self._run.threads)):
                times[one.candidate].append(one)
        return tuple(
            (candidate(same[0].kernel, same[0].config), min(one.microseconds for one in same) / 1e6)
            for same in times.values()
        )


def traces_left(task: Task, waiting: Waiting, threads: Sequence[int]) -> int:
    """How many of MetaSchedule's schedules are still to be tried for a layer."""
    if task.traceable is None or not waiting.marks_of(task.layer, TRACES_SPACE, threads, ""):
        return 0
    return max(0, TRIALS - waiting.tried(task.layer, task.traceable.name))
