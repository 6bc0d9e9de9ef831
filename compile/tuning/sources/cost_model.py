"""MetaSchedule's cost model: one for all layers of a target, kept beside the log, so that no run starts without it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import TilewrightError
from ...tvm_stack import metaschedule

_FILE = "metaschedule.tar"
_WARM_UP = 8  # measurements before it says anything


class CostModel:
    """XGBoost on features of the loops; it ranks what a search might measure."""

    def __init__(self, folder: Path | None) -> None:
        """What a run before has left in `folder` is where it starts; None: from nothing, and nothing is kept.

        Raises ModuleNotFoundError where xgboost is not installed, TilewrightError for a file that cannot be read.
        """
        self._path = None if folder is None else folder / _FILE
        self.model: Any = metaschedule().cost_model.XGBModel(num_warmup_samples=_WARM_UP)
        if self._path is not None and self._path.exists():
            try:
                self.model.load(str(self._path))
            except Exception as error:
                raise TilewrightError(
                    f"cannot read the cost model {self._path} ({error}): remove it, and it is learnt anew"
                ) from None

    def learn(self, context: Any, proposed: Sequence[Any], results: Sequence[Any]) -> None:
        """Train it with what proposals of a search gave, and write it, beside the old one first."""
        self.model.update(context, proposed, results)
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f".{_FILE}.{os.getpid()}.tar")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # xgboost's, about the format that TVM's file name asks for
            self.model.save(str(part))
        part.replace(self._path)
