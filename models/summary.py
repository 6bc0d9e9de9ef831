"""What a model costs, counted on shapes alone: no weights are read or allocated."""

from __future__ import annotations

import json
from dataclasses import asdict

import torch

from .count import count
from .listing import SUMMARIES, ModelSummary
from .zoo import get, names


def summarize(name: str) -> ModelSummary:
    """Count the zoo model `name` at batch 1.  Raises TilewrightError for an unknown one."""
    zoo = get(name)
    with torch.device("meta"):
        module = zoo.build().eval()
        parameters, macs, output = count(module, torch.empty(zoo.input_shape))
    return ModelSummary(
        name=zoo.name,
        title=zoo.title,
        parameters=parameters,
        macs=macs,
        input_shape=zoo.input_shape,
        output_shape=tuple(output.shape),
        weights=zoo.weights.description,
        datasets=zoo.datasets,
    )


if __name__ == "__main__":
    rows = (json.dumps(asdict(summarize(name)), ensure_ascii=False) for name in names())
    SUMMARIES.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
