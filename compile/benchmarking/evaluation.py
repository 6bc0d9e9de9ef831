"""Which data set an accuracy is measured on, and what to say where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import TilewrightError
from ..importing.source import Source

if TYPE_CHECKING:
    from ...models.data import Dataset
    from ...models.zoo import ZooModel


@dataclass(frozen=True)
class Evaluation:
    """`data` is None where accuracy is not measured; `note` then says why."""

    zoo: ZooModel | None
    data: Dataset | None
    note: str = ""


def choose_evaluation(source: Source, wanted: str | None = None) -> Evaluation:
    """The data set `wanted`, or the first of the model's own that is on this machine.

    Random weights are never evaluated.  Raises TilewrightError when `wanted` does not suit the model or is missing.
    """
    zoo = source.zoo
    if zoo is None:
        return Evaluation(None, None, "no data set for this file")
    if not source.trained:
        return Evaluation(zoo, None, "not measured (random weights)")
    from ...models import data

    if wanted is not None and wanted not in zoo.datasets:
        raise TilewrightError(f"{zoo.name} is not evaluated on {wanted!r}; it has {', '.join(zoo.datasets) or 'none'}")
    for name in [wanted] if wanted else zoo.datasets:
        if wanted or data.available(name):
            return Evaluation(zoo, data.load(name, data.get(name).whole))
    return Evaluation(zoo, None, f"no data here ({', '.join(zoo.datasets)})" if zoo.datasets else "no data set")
