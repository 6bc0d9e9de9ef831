"""AutoTVM's tuner with an XGBoost model, on the knobs of our templates and over spaces of tens of configs.

AutoTVM's own reads features in a pool of processes, a second or two for each task, where a knob that is a word is an
error that nobody hears of; and it looks for the best by simulated annealing, where here all can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from ...tvm_stack import xgboost_cost_model

_PLANNED = 4  # measurements between two trainings of the model, and configs that it then puts first


def tuner_by_knobs(task: Any, expected: Callable[[Any], float] | None = None) -> Any:
    """AutoTVM's ModelBasedTuner for `task`.  Raises ModuleNotFoundError where xgboost is not installed.

    `expected` says how fast a config might be, as a share of the best's speed: what its model starts from.
    """
    base = xgboost_cost_model()
    from tvm.autotvm.tuner.model_based_tuner import ModelBasedTuner

    class Model(base):
        """Its features are taken here, so it has no pool."""

        def _reset_pool(self, *_: Any) -> None:
            pass

        def _get_feature(self, indexes: Sequence[int]) -> np.ndarray:
            return np.array([features(self.space, int(index)) for index in indexes], np.float32)

    model = Model(task, feature_type="knob", loss_type="reg", num_threads=1, log_interval=0)
    optimizer = All(task.config_space)
    tuner = ModelBasedTuner(task, model, optimizer, _PLANNED)
    if expected is not None:
        base = Expected(task.config_space, expected)
        model.load_basemodel(base)
        tuner.trials = optimizer.find_maximums(base, _PLANNED, ())
    return tuner


class Expected:
    """A base model of AutoTVM's, by what is known of like layers; it counts less with each measurement."""

    upper_model: Any = None  # AutoTVM sets it

    def __init__(self, space: Any, expected: Callable[[Any], float]) -> None:
        self._space, self._expected = space, expected

    def predict(self, indexes: Sequence[int], output_margin: bool = False) -> np.ndarray:
        """Of each config what AutoTVM's models learn: its speed over that of the fastest."""
        return np.array([self._expected(self._space.get(int(index))) for index in indexes], np.float32)

    def _close_pool(self) -> None:
        pass


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
