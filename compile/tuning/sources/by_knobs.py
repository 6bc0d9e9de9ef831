"""AutoTVM's tuner with an XGBoost model, on the knobs of our templates and over spaces of tens of configs.

AutoTVM's own reads features in a pool of processes, a second or two for each task, where a knob that is a word is an
error that nobody hears of; and it looks for the best by simulated annealing, where here all can be asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ...tvm_stack import xgboost_cost_model

_PLANNED = 4  # measurements between two trainings of the model, and configs that it then puts first


def tuner_by_knobs(task: Any) -> Any:
    """AutoTVM's ModelBasedTuner for `task`.  Raises ModuleNotFoundError where xgboost is not installed."""
    base = xgboost_cost_model()
    from tvm.autotvm.tuner.model_based_tuner import ModelBasedTuner

    class Model(base):
        """Its features are taken here, so it has no pool."""

        def _reset_pool(self, *_: Any) -> None:
            pass

        def _get_feature(self, indexes: Sequence[int]) -> np.ndarray:
            return np.array([features(self.space, int(index)) for index in indexes], np.float32)

    model = Model(task, feature_type="knob", loss_type="reg", num_threads=1, log_interval=0)
    return ModelBasedTuner(task, model, All(task.config_space), _PLANNED)


class All:
    """A ModelOptimizer of AutoTVM's that asks the model about every config."""

    def __init__(self, space: Any) -> None:
        self._indexes = [index for index in range(space.range_length) if space.is_index_valid(index)]

    def find_maximums(self, model: Any, num: int, exclusive: Collection[int]) -> list[int]:
        """The `num` configs that are not in `exclusive` and score highest, the best first."""
        left = [index for index in self._indexes if index not in exclusive]
        scores = model.predict(left) if left else []
        return [left[at] for at in np.argsort(scores)[::-1][:num]]


def features(space: Any, index: int) -> list[float]:
    """The values of a config's knobs; of words and the like which of the knob's it is."""
    places = zip(space.space_map.values(), space.point2knob(index), strict=True)
    chosen = [(knob.entities[at].val, at) for knob, at in places]
    return [float(value if isinstance(value, int) else at) for value, at in chosen]
