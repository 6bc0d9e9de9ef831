"""`tilewright explain`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..errors import TilewrightError
from .console import print_table
from .options import Model, Precision, TargetName, Weights


def explain(
    model: Model,
    layer: Annotated[int | None, typer.Option(min=1, help="One of the layers listed without it.")] = None,
    target: TargetName = "native",
    precision: Precision = "fp32",
    weights: Weights = None,
) -> None:
    """List a model's layers with their kernels; with --layer, show the choices for one, and its inner loop.

    Of a quantized model it also says in which types each layer computes, and why one is fp32 or was widened to int16.
    """
    from ..explaining.explain import explain as explain_layer
    from ..explaining.explain import layers_of, subject_of, types_of
    from ..report.explanation import choices_table, layers_table, types_table
    from ..schedule_text import layer_text

    subject = subject_of(model, target, precision, weights)
    integer = layer is None and subject.imported.precision != "fp32"
    if integer:
        print_table(types_table(types_of(subject)))
    if integer and subject.target.machine is None:
        return  # the kernels are TVM's
    layers = layers_of(subject)
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
