"""How answers are judged, one metric a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import unknown_name
from .dice import Dice
from .exact import Exact
from .metric import Metric, Score
from .miou import MeanIou
from .roc_auc import RocAuc

__all__ = ["INSTEAD", "Metric", "Score", "create"]

_METRICS: dict[str, Callable[[Sequence[str]], Metric]] = {
    "top1": lambda labels: Exact(),
    "exact_plate": lambda labels: Exact(),
    "dice": lambda labels: Dice(),
    "roc_auc": lambda labels: RocAuc(),
    "miou": MeanIou,
}
INSTEAD = (("dice", "roc_auc"),)  # judge the same answers


def create(name: str, labels: Sequence[str] = ()) -> Metric:
    """A fresh metric; `labels` name the classes.  Raises TilewrightError for an unknown one."""
    if name not in _METRICS:
        raise unknown_name("metric", name, _METRICS)
    return _METRICS[name](labels)
