"""Train a network of the zoo by its recipe: `python -m tilewright.models.training unet --out unet.safetensors`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from ...compile.errors import TilewrightError
from .recipes import RECIPES, task_of
from .trainer import Epoch, train


def _report(epoch: Epoch) -> None:
    print(f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, right {epoch.right:.2%}, {epoch.seconds} s", flush=True)


def main() -> None:
    """Parse, train, say where the weights are."""
    parser = argparse.ArgumentParser(prog="python -m tilewright.models.training", description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument("--epochs", type=int, help="in place of the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a .safetensors file; the log goes beside it")
    options = parser.parse_args()
    schedule = replace(RECIPES[options.model].schedule, seed=options.seed)
    if options.epochs is not None:
        schedule = replace(schedule, epochs=options.epochs)
    try:
        zoo, task = task_of(options.model)
        torch.manual_seed(schedule.seed)
        train(zoo.build(), task, schedule, options.out, on_epoch=_report)
    except TilewrightError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    print(f"{options.out}: written; `tilewright eval {options.model} --weights {options.out}` tells how good it is")


if __name__ == "__main__":
    main()
