"""A task learned from its truths and from a teacher: what it answers (Hinton et al. 2015, arXiv:1503.02531), and where
its layers look (attention transfer, Zagoruyko and Komodakis 2017, arXiv:1612.03928)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import nn
from torch.nn import functional

from ...training.loop import Task
from .heard import Heard


@dataclass(frozen=True)
class Teaching:
    """What of a teacher counts, and how much.

    temperature  both answers are divided by it before the softmax: the higher, the more the small scores tell
    share        of the teacher's answers in the loss; the rest is the truths'
    layers       layer of the student -> layer of the teacher whose maps have the same height and width
    attention    weight of those in the loss
    """

    temperature: float = 4.0
    share: float = 0.7
    layers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    attention: float = 1000.0


@dataclass(frozen=True)
class Distilled:
    """See Task."""

    task: Task
    teacher: nn.Module
    how: Teaching

    @property
    def count(self) -> int:
        """See Task."""
        return self.task.count

    def batch(self, chosen: torch.Tensor, done: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task."""
        return self.task.batch(chosen, done, generator)

    def loss(self, network: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """See Task.  Without a share of the teacher's, or layers to watch, it is the task's own."""
        if not (self.how.share or self.how.layers):
            return self.task.loss(network, inputs, truth)
        teacher, pupil = Heard(self.teacher.to(inputs.device)), Heard(network)
        with teacher.hearing(self.how.layers.values()) as theirs, torch.no_grad():
            self.task.loss(teacher, inputs, truth)  # which knows how the task asks it: for scores, or for `logits`
        with pupil.hearing(self.how.layers) as ours:
            loss, right = self.task.loss(pupil, inputs, truth)
        loss = (1 - self.how.share) * loss + self.how.share * self._unlike(pupil.answer, teacher.answer)
        for mine, its in self.how.layers.items():
            loss = loss + self.how.attention * (_attention(ours[mine]) - _attention(theirs[its])).square().mean()
        return loss, right

    def _unlike(self, ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
        """Kullback-Leibler divergence of the softened answers; times T^2, so that its gradient's size stays.

        An answer of one channel is a logit: of two classes, the other one's score is 0.
        """
        soft, target = (_classes(one.float()) / self.how.temperature for one in (ours, theirs))
        soft, target = soft.log_softmax(1), target.log_softmax(1)
        each = functional.kl_div(soft, target, log_target=True, reduction="none").sum(1)
        return self.how.temperature**2 * each.mean()


def _attention(maps: torch.Tensor) -> torch.Tensor:
    """Where (N, C, H, W) is large: the mean of its squares over channels, (N, H * W), of length 1."""
    return functional.normalize(maps.float().square().mean(1).flatten(1))


def _classes(answer: torch.Tensor) -> torch.Tensor:
    """(N, C, ...) scores as (N, C or 2, pixels)."""
    flat = answer.reshape(*answer.shape[:2], -1)
    return torch.cat([flat, torch.zeros_like(flat)], 1) if flat.shape[1] == 1 else flat
