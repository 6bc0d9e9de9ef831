"""`tilewright explain`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..errors import TilewrightError
from .console import print_table
from .options import Model, TargetName, Weights


def explain(
    model: Model,
    layer: Annotated[int | None, typer.Option(min=1, help="One of the layers listed without it.")] = None,
    target: TargetName = "native",
    weights: Weights = None,
) -> None:
    """List a model's layers with their kernels; with --layer, show the choices for one, and its inner loop."""
    from ..explaining.explain import explain as explain_layer
    from ..explaining.explain import layers_of
    from ..report.explanation import choices_table, layers_table
    from ..schedule_text import layer_text

    layers = layers_of(model, target, weights)
    if layer is None:
        print_table(layers_table(model, layers))
        return
    if layer > len(layers):
        raise TilewrightError(f"--layer {layer}: {model} has {len(layers)} different layers")
    found = explain_layer(layers[layer - 1], target)
    print(f"{model}, layer {layer}: {layer_text(json.loads(found.key))}")
    print_table(choices_table(found))
    print(f"inner loop of {found.choices[0].kernel}:")
    print("\n".join(found.loop))
