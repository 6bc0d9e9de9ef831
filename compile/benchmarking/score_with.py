"""The score of a loaded engine on a part of a data set, wherever the engine runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..evaluating.score_data import score_data
from ..processing import Postprocess, Preprocess

_KEPT_RUNS = 64  # whose outputs are compared between engines
Run = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]


def score_with(
    run: Run,
    inputs: Mapping[str, np.ndarray],
    on_done: Callable[[int], None],
    data: str,
    part: str,
    limit: int,
    metric: str,
    preprocess: dict[str, Any],
    postprocess: dict[str, Any],
    outputs: str,
) -> dict[str, Any]:
    """A Score as plain values; the network's first outputs go to the file `outputs`.

    `run` takes arrays like `inputs`, whose first dimension is the batch, by name.
    """
    from ...models.data import load

    (name, example), *_ = inputs.items()
    kept: list[np.ndarray] = []

    def first_output(tensor: np.ndarray) -> np.ndarray:
        found = next(iter(run({name: tensor}).values()))
        if len(kept) < _KEPT_RUNS:
            kept.append(found.copy())
        return found

    before, after = Preprocess.from_json(preprocess), Postprocess.from_json(postprocess)
    judged = replace(load(data, part, limit), metric=metric)
    score = score_data(first_output, judged, before, after, example.shape[0], on_done)
    np.save(Path(outputs), np.stack(kept))
    return asdict(score)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz, by name."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
