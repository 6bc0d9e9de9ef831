"""From what sparsity on do the kernels for sparse weights win?  Whole networks, sparse and dense, in turns.

    python tests/benchmarks/sparse.py lenet5 mobilenetv2 vgg16

The least weights are set to zero, block by block and one by one, and what the kernels can use is computed by them,
whether that pays or not; the dense network is the same one with dense kernels.  One thread, between bound tensors.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path
from statistics import median

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.building import sparse_params
from tilewright.compile.bundle.load import Bundle, load_bundle
from tilewright.compile.pipeline import compile_model
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model

RATIOS = {"blocks": (0.2, 0.4, 0.6, 0.8, 0.9), "weights": (0.8, 0.9, 0.95)}
SECONDS, TURNS = 0.2, 9  # of a turn


def main(models: list[str]) -> None:
    """Print the table."""
    table = Table("model", "zeros", "ratio", "sparse, ms", "dense, ms", "times as fast", box=None)
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            dense = _bundle(model, Path(folder) / "dense", None)
            for structure, ratio in ((one, ratio) for one, ratios in RATIOS.items() for ratio in ratios):
                weights, recipe = Path(folder) / "pruned.safetensors", PruneRecipe(structure, ratio=ratio)
                prune_model(model, weights, recipe, weights=_random_where_untrained(model))
                sparse = _bundle(model, Path(folder) / f"{structure}-{ratio}", weights)  # a library is loaded once
                ours, theirs = _in_turns([sparse, dense])
                row = f"{ratio}", f"{ours * 1e3:.3g}", f"{theirs * 1e3:.3g}", f"{theirs / ours:.2f}"
                table.add_row(model, structure, *row)
    Console(width=120).print(table)


def _random_where_untrained(model: str) -> str | None:
    from tilewright.models import zoo

    return "random" if zoo.get(model).weights.kind == "random" else None


def _bundle(model: str, path: Path, weights: Path | None) -> Bundle:
    sparse_params.DENSE_WORTH = sparse_params.CONV_WORTH = 0.0 if weights is None else inf
    given = weights or _random_where_untrained(model)
    return load_bundle(compile_model(model, path, weights=given).path, threads=1)


def _in_turns(bundles: Sequence[Bundle]) -> list[float]:
    """The median seconds of a run of each."""
    times: list[list[float]] = [[] for _ in bundles]
    for one in bundles:
        spec = one.manifest.inputs[0]
        one.bind({spec.name: np.random.default_rng(0).standard_normal(spec.shape, np.float32)})
        one.execute()
    for _ in range(TURNS):
        for one, found in zip(bundles, times, strict=True):
            runs, began = 0, time.perf_counter()
            while time.perf_counter() - began < SECONDS or not runs:
                one.execute()
                runs += 1
            found.append((time.perf_counter() - began) / runs)
    return [median(found) for found in times]


if __name__ == "__main__":
    typer.run(main)
