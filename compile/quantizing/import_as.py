"""Import a model in a precision: an fp32 one is quantized first where another is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import unknown_name
from ..importing import ImportedModel, import_model
from ..importing.normalize import is_quantized
from ..importing.source import is_file
from ..storing import FORMS, HALF
from ..targets import Target
from ..tvm_stack import compiler
from .by_relay import RELAY_PRECISIONS, quantize_by_relay

_FORMS = {HALF: HALF, **{f"{form}-weights": form for form in FORMS}}
PRECISIONS = ("fp32", "int8", "int8-dynamic", *_FORMS, *RELAY_PRECISIONS)


def import_as(
    model: str | Path,
    precision: str,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    check: bool = True,
    weight_bits: int = 8,
    progress: Callable[[str], None] = lambda stage: None,
) -> ImportedModel:
    """`import_model` in `precision`; a file that is quantized stays as it is, whichever is named.

    int8 is by the standard recipe but for `weight_bits`, calibrated on the model's own calibration part, or on random
    values for random weights; int8-dynamic finds the activations' ranges at run time; fp16 and int4-weights, say, are
    forms that weights are stored in; the others are relay.quantize's.
    Raises what `import_model`, `quantize_model`, `quantize_dynamic` and `quantize_weights` raise.
    """
    if precision not in PRECISIONS:
        raise unknown_name("precision", precision, PRECISIONS)
    if precision == "fp32" or (is_file(str(model)) and is_quantized(Path(model))):
        return import_model(model, batch=batch, shapes=shapes, weights=weights, check=check)
    if precision in RELAY_PRECISIONS:
        imported = import_model(model, batch=batch, shapes=shapes, weights=weights, check=check)
        return quantize_by_relay(imported, precision, lambda stage, done=0, total=0: progress(stage))
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        name = Path(model).stem if is_file(str(model)) else str(model)
        path = Path(folder) / f"{name}.onnx"

        def tell(stage: str, done: int = 0, total: int = 0) -> None:
            progress(stage)

        given: dict[str, Any] = {"batch": batch, "shapes": shapes, "weights": weights, "progress": tell}
        _quantize(model, path, precision, weight_bits, given)
        imported = import_model(path, check=check)
    return replace(imported, source=replace(imported.source, origin=str(model)))


def _quantize(model: str | Path, path: Path, precision: str, weight_bits: int, given: dict[str, Any]) -> None:
    from .dynamic import DynamicRecipe, quantize_dynamic
    from .quantize import quantize_model
    from .recipe import Recipe
    from .weights_only import quantize_weights

    if precision in _FORMS:
        quantize_weights(model, path, _FORMS[precision], **given)
    elif precision == "int8-dynamic":
        quantize_dynamic(model, path, DynamicRecipe(weight_bits=weight_bits), **given)
    else:
        quantize_model(model, path, Recipe(weight_bits=weight_bits), **given)


def weight_bits_for(target: Target) -> int:
    """7 where sums of two products saturate in 16 bits, as in AVX2's vpmaddubsw, else 8."""
    if target.machine is None:
        return 7
    compiler()
    from ...schedules import machines
    from ...schedules.instructions import dot_of

    machine = machines.get(target.machine)
    return 8 if machine.dot is None else dot_of(machine).bits
