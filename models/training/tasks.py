"""What the networks here learn: one class a picture, one class a pixel, or foreground against background."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..data import Dataset
from ..data.dataset import IGNORE
from ..zoo import ZooModel

Augment = Callable[[torch.Tensor, torch.Tensor, float, torch.Generator], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class _Examples:
    """`images` (N, C, H, W) float32 as the network takes them, `truths` (N,) classes or (N, H, W) maps."""

    images: torch.Tensor
    truths: torch.Tensor
    augment: Augment

    @property
    def count(self) -> int:
        """See Task."""
        return len(self.images)

    def batch(self, chosen: torch.Tensor, done: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task."""
        return self.augment(self.images[chosen], self.truths[chosen], done, generator)


@dataclass(frozen=True)
class Classification(_Examples):
    """Cross entropy with smoothed labels (Szegedy et al. 2015, arXiv:1512.00567)."""

    smoothing: float = 0.05

    def loss(self, network: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task."""
        scores = network(inputs).float()
        loss = functional.cross_entropy(scores, truth, label_smoothing=self.smoothing)
        return loss, (scores.argmax(1) == truth).float().mean()


@dataclass(frozen=True)
class Segmentation(_Examples):
    """Cross entropy over pixels, `weights` (classes,) so that rare classes count more."""

    weights: torch.Tensor | None = None

    def loss(self, network: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task."""
        scores = network(inputs).float()
        weights = None if self.weights is None else self.weights.to(scores.device)
        loss = functional.cross_entropy(scores, truth, weights, ignore_index=IGNORE)
        known = truth != IGNORE
        return loss, (scores.argmax(1) == truth)[known].float().mean()


@dataclass(frozen=True)
class Foreground(_Examples):
    """Binary cross entropy and 1 - Dice (Milletari et al. 2016, arXiv:1606.04797) on a network's `logits`."""

    def loss(self, network: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task."""
        logits = network.logits(inputs).float()[:, 0]  # pyright: ignore[reportCallIssue]
        logits, truth = logits[truth != IGNORE], truth[truth != IGNORE]
        target = truth.float()
        probability = logits.sigmoid()
        overlap = 2 * (probability * target).sum() + 1
        dice = overlap / (probability.sum() + target.sum() + 1)
        loss = functional.binary_cross_entropy_with_logits(logits, target) + 1 - dice
        return loss, ((logits > 0) == (truth > 0)).float().mean()


def examples(zoo: ZooModel, data: Dataset, classes: Sequence[str] = ()) -> tuple[torch.Tensor, torch.Tensor]:
    """All of `data` as the network takes it, and its truths as numbers: the index in `classes`, or maps."""
    images = torch.from_numpy(zoo.preprocess(data.images()))
    if classes:
        numbers = [classes.index(label) for label in data.labels]
        return images, torch.tensor(numbers)
    return images, torch.from_numpy(np.asarray(data.truth())).long()
