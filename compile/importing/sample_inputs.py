"""Inputs to check a model with: random ones always, real ones where the model has a data set at hand."""

from __future__ import annotations

import numpy as np

from ..tensor_spec import random_inputs
from .imported import ImportedModel

_AT_4_BITS = 6  # of a kind: one may differ, see `accuracy.best`


def sample_inputs(imported: ImportedModel) -> dict[str, dict[str, np.ndarray]]:
    """Named sets of inputs: "random", and "real" (the first images of the model's data set, pre-processed).

    At 4 bits there are more of each: "random 2", "real 2" and so on.
    """
    count = _AT_4_BITS if imported.precision == "int4" else 1
    samples = {_name("random", number): random_inputs(imported.inputs, number) for number in range(count)}
    zoo = imported.source.zoo
    if zoo is not None:
        from ...models import data

        for name in zoo.datasets:
            if data.available(name):
                dataset = data.load(name, limit=imported.batch * count)
                pictures = list(dataset.images(0, len(dataset)))
                for number in range(count):
                    places = range(number * imported.batch, (number + 1) * imported.batch)
                    batch = [pictures[place % len(pictures)] for place in places]  # some have ten pictures
                    samples[_name("real", number)] = {imported.inputs[0].name: zoo.preprocess(batch)}
                break
    return samples


def _name(kind: str, number: int) -> str:
    return f"{kind} {number + 1}" if number else kind
