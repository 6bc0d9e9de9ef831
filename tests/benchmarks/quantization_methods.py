"""What each way to quantize costs, on the test part; the one to take is chosen on the calibration part alone.

    python tests/benchmarks/quantization_methods.py lenet5 lprnet resnet20 --json methods.json

ONNX Runtime computes all of them: the graphs are the same for every engine.  A cell is the change in accuracy, in
points, and in brackets how many answers are another; the one that does best on the calibration part has a star.  What
the JSON file has already is not measured again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.evaluating.choose import DataChoice, choose_evaluation
from tilewright.compile.quantizing import Recipe
from tilewright.compile.quantizing.calibrate import calibrated_by, observed_graph
from tilewright.compile.quantizing.calibration import calibration_data
from tilewright.compile.quantizing.dynamic import DynamicRecipe, quantize_weights
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.quantizing.judge import Judge, calibration_judge
from tilewright.compile.quantizing.quantize import put_pairs
from tilewright.compile.quantizing.ranges import METHODS

_STANDARD = Recipe()
RECIPES = {
    **{method: Recipe(method) for method in METHODS},
    "percentile, equalized": replace(_STANDARD, equalize=True),
    "percentile, biases corrected": replace(_STANDARD, correct_bias=True),
    "mse, both": Recipe("mse", equalize=True, correct_bias=True),
    "percentile, per tensor": replace(_STANDARD, per_channel=False),
    "percentile, 7-bit weights": replace(_STANDARD, weight_bits=7),
    "dynamic": DynamicRecipe(),
    "percentile, int8 symmetric": replace(_STANDARD, activations="int8", symmetric=True),
}


def main(
    models: list[str], output: Annotated[Path, typer.Option("--json", help="The figures.")] = Path("methods.json")
) -> None:
    """Measure what is missing, and print the table."""
    found: dict[str, dict[str, Any]] = json.loads(output.read_text()) if output.exists() else {}
    for model in models:
        rows = found.setdefault(model, {})
        for name, row in _measured(model, [one for one in RECIPES if one not in rows]):
            rows[name] = row
            output.write_text(json.dumps(found, indent=1))
    Console(width=140).print(_table({model: found[model] for model in models}))


def _measured(model: str, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not names:
        return
    floating = read_floating(model)
    source, spec = floating.source, floating.inputs[0]
    plan = choose_evaluation(source, DataChoice(part="test"), required=True).plan
    assert plan is not None
    judges = {"calibration": calibration_judge(source, spec, None), "test": Judge(plan, spec)}
    data = calibration_data(source, floating.inputs)
    fp32 = {part: judge.score(floating.graph) for part, judge in judges.items()}
    observed = {option: observed_graph(floating, data, option) for option in (False, True)}
    for name in names:
        recipe = RECIPES[name]
        if isinstance(recipe, DynamicRecipe):
            graph = quantize_weights(floating, recipe).graph
        else:
            graph = put_pairs(calibrated_by(observed[recipe.equalize], recipe), recipe).graph
        row: dict[str, Any] = {}
        for part, judge in judges.items():
            score = judge.score(graph)
            pairs = zip(score.answers, fp32[part].answers, strict=True)
            flipped = sum(one != other for one, other in pairs) if score.answers else None
            row[part] = {"fp32": fp32[part].value, "accuracy": score.value, "flipped": flipped}
        yield name, row


def _table(found: dict[str, dict[str, Any]]) -> Table:
    table = Table("", *found, box=None)
    fp32 = (next(iter(rows.values()))["test"]["fp32"] for rows in found.values())
    table.add_row("fp32", *(f"{value:.2%}" for value in fp32))
    best = {model: max(rows, key=lambda name: _merit(rows[name])) for model, rows in found.items()}
    for name in RECIPES:
        cells = (_cell(rows[name]["test"]) + (" *" if best[model] == name else "") for model, rows in found.items())
        table.add_row(name, *cells)
    return table


def _merit(row: dict[str, Any]) -> tuple[float, int]:
    return row["calibration"]["accuracy"], -(row["calibration"]["flipped"] or 0)


def _cell(row: dict[str, Any]) -> str:
    change = 100 * (row["accuracy"] - row["fp32"])
    return f"{change:+.2f}" + ("" if row["flipped"] is None else f" ({row['flipped']})")


if __name__ == "__main__":
    typer.run(main)
