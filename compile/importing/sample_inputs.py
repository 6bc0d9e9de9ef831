"""Inputs to check a model with: random ones always, real ones where the model has a data set at hand."""

from __future__ import annotations

import numpy as np

from ..tensor_spec import random_inputs
from .imported import ImportedModel


def sample_inputs(imported: ImportedModel) -> dict[str, dict[str, np.ndarray]]:
    """Named sets of inputs: "random", and "real" (the first images of the model's data set, pre-processed)."""
    samples = {"random": random_inputs(imported.inputs)}
    zoo = imported.source.zoo
    if zoo is not None:
        from ...models import data

        for name in zoo.datasets:
            if data.available(name):
                dataset = data.load(name, limit=imported.batch)
                pictures = list(dataset.images(0, len(dataset)))
                batch = [pictures[number % len(pictures)] for number in range(imported.batch)]  # some have ten pictures
                samples["real"] = {imported.inputs[0].name: zoo.preprocess(batch)}
                break
    return samples
