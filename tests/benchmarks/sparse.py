"""From what sparsity on do the kernels for sparse weights win?  Whole networks, sparse and dense, in turns.

    python tests/benchmarks/sparse.py lenet5 mobilenetv2 vgg16

The least weights are set to zero, block by block and one by one, and what the kernels can use is computed by them,
whether that pays or not; the dense network is the same one with dense kernels.  One thread, between bound tensors.
"""

from __future__ import annotations

import tempfile
from math import inf
from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.building import sparse_params
from tilewright.compile.bundle.load import Bundle, load_bundle
from tilewright.compile.pipeline import compile_model
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model
from turns import in_turns
from zoo_weights import random_where_untrained

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
                prune_model(model, weights, recipe, weights=random_where_untrained(model))
                sparse = _bundle(model, Path(folder) / f"{structure}-{ratio}", weights)  # a library is loaded once
                ours, theirs = np.median(in_turns([sparse, dense], TURNS, SECONDS), axis=1)
                row = f"{ratio}", f"{ours * 1e3:.3g}", f"{theirs * 1e3:.3g}", f"{theirs / ours:.2f}"
                table.add_row(model, structure, *row)
    Console(width=120).print(table)


def _bundle(model: str, path: Path, weights: Path | None) -> Bundle:
    sparse_params.DENSE_WORTH = sparse_params.CONV_WORTH = 0.0 if weights is None else inf
    given = weights or random_where_untrained(model)
    return load_bundle(compile_model(model, path, weights=given).path, threads=1)


if __name__ == "__main__":
    typer.run(main)
