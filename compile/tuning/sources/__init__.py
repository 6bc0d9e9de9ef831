"""Which candidate to try next: one way a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...errors import unknown_name
from .source import Source

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ...targets import Target
    from ..tasks import Task

AUTOTVM = ("xgboost", "genetic", "grid", "random")
Make = Callable[["Task", Sequence["Candidate"]], Source]


def maker(tuner: str, target: Target) -> Make:
    """What makes a Source for a task and those of its candidates that are left, the promising first.

    `tuner` is "kernels", which takes them in this order, or "autotvm", "autotvm:genetic" and so on, which has one of
    AutoTVM's tuners propose them.  Raises TilewrightError for another.
    """
    name, _, kind = tuner.partition(":")
    if name == "autotvm" and (kind or AUTOTVM[0]) in AUTOTVM:
        from .by_autotvm import ByAutoTvm

        return lambda task, left: ByAutoTvm(task, left, target, kind or AUTOTVM[0])
    if tuner == "kernels":
        from .in_order import InOrder

        return lambda task, left: InOrder(left)
    raise unknown_name("tuner", tuner, ["auto", "kernels", "autotvm", *(f"autotvm:{one}" for one in AUTOTVM)])


__all__ = ["AUTOTVM", "Make", "Source", "maker"]
