"""A tuner by its name: what it may choose from, and who proposes what to try next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import unknown_name
from ...targets import Target
from .by_metaschedule import ByMetaSchedule, Traced
from .cost_model import CostModel
from .in_order import InOrder
from .one_after_another import OneAfterAnother
from .source import Source

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ..tasks import Task

AUTOTVM = ("xgboost", "genetic", "grid", "random")


@dataclass(frozen=True)
class Tuner:
    """`templates` and `traces`: TVM's templates and MetaSchedule's schedules beside our kernels, or instead of them.

    autotvm  which of AutoTVM's tuners proposes kernels and templates; None: in the order that they are given in
    """

    kernels: bool = False
    templates: bool = False
    traces: bool = False
    autotvm: str | None = None

    @property
    def in_network(self) -> bool:
        """Whether our kernels are tried in the order of their lists, which can be done inside the network."""
        return self.kernels and self.autotvm is None

    def has_choice(self, task: Task) -> bool:
        """Whether it can choose between two; MetaSchedule's is beside a kernel of ours or TVM's operator."""
        listed = sum(map(len, self.groups(task)))
        return listed > 1 or (self.traces and task.traceable is not None)

    def groups(self, task: Task) -> list[Sequence[Candidate]]:
        """The candidates that can be listed, ours and TVM's."""
        return [*[task.candidates] * self.kernels, *[task.templates] * self.templates]

    def source(
        self,
        task: Task,
        left: Sequence[Candidate],
        merits: Mapping[Candidate, float],
        known: Mapping[Candidate, float],
        traced: Traced,
        target: Target,
        model: CostModel | None,
        default: Candidate | None = None,
    ) -> Source:
        """What proposes candidates for `task`: `left` of its groups, the promising first, then traces.

        Before all others `default`, be it of its groups or not: no record wins over what it was never compared with.
        `known` are the seconds of what is on record, `traced` of traces; `merits` what Experience says.
        """
        first, sources = [] if default is None else [default], list[Source]()
        if self.autotvm is None:
            sources.append(InOrder([*first, *(one for one in left if one != default)]))
        else:
            from .by_autotvm import ByAutoTvm

            own = default if default in left else None  # its tuner is to hear of it
            by_autotvm = ByAutoTvm(task, left, known, target, self.autotvm, own, merits)
            sources += [InOrder([] if own else first), by_autotvm]
        if model is not None and task.traceable is not None:
            sources.append(ByMetaSchedule(task.layer, task.traceable, traced, target, model))
        return OneAfterAnother(sources)


def tuner_named(name: str) -> Tuner:
    """By a name, with ":genetic" and the like where one of AutoTVM's tuners is to propose.

    Raises TilewrightError for an unknown one.
    """
    known = {
        "auto": Tuner(kernels=True, templates=True, traces=True),
        "kernels": Tuner(kernels=True),
        "templates": Tuner(templates=True),
        "autotvm": Tuner(kernels=True, templates=True, autotvm=AUTOTVM[0]),
        "metaschedule": Tuner(traces=True),
    }
    for listed in ("kernels", "templates", "autotvm"):
        known |= {f"{listed}:{one}": replace(known[listed], autotvm=one) for one in AUTOTVM}
    if name not in known:
        raise unknown_name("tuner", name, list(known))
    return known[name]
