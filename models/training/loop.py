"""One pass after another over the examples: shuffled batches, warm-up and decay.

Each epoch's randomness comes from the seed and the epoch's number alone.
"""

from __future__ import annotations

import math
import time
from typing import Any, Protocol

import torch
from torch import nn

from ...compile.errors import CheckFailed
from ...compile.progress import Progress
from .schedule import Epoch, Schedule


class Task(Protocol):
    """What is learned: the batches, and the loss on one."""

    @property
    def count(self) -> int:
        """How many examples there are."""
        ...

    def batch(self, chosen: torch.Tensor, done: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Augmented inputs (N, C, H, W) float32 and truths for the examples `chosen` (N,).

        `done` is the share of all epochs that are over after this one: more than 0, and 1 in the last.
        """
        ...

    def loss(self, network: nn.Module, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean loss of a batch, and its share of right answers; both scalars."""
        ...


class Loop:
    """Network, optimizer and learning rate on their way."""

    def __init__(self, network: nn.Module, schedule: Schedule, steps: int, device: torch.device) -> None:
        network.to(device)  # before the optimizer takes note of its parameters
        network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  (a third faster on a CPU)
        self.network, self.schedule, self.steps, self.device = network, schedule, steps, device
        self.optimizer = _optimizer(network, schedule)
        self.decay = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self.parts: dict[str, Any] = {"network": network, "optimizer": self.optimizer, "decay": self.decay}

    def _rate(self, step: int) -> float:
        """Share of the peak rate at `step`: a line up, then half a cosine down."""
        last = self.steps * self.schedule.epochs
        rise = self.schedule.warm_up * last
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / (last - rise)))

    def epoch(self, number: int, task: Task, progress: Progress) -> Epoch:
        """One pass over all examples in a new order."""
        start, stage = time.perf_counter(), f"epoch {number + 1} of {self.schedule.epochs}"
        generator = torch.Generator().manual_seed(self.schedule.seed * 100_000 + number)
        torch.manual_seed(generator.initial_seed())  # dropout draws from torch's own
        self.network.train()
        loss_sum, right_sum, done = 0.0, 0.0, 0
        for chosen in torch.randperm(task.count, generator=generator).split(self.schedule.batch):
            progress(stage, done, task.count)
            loss, right = self._step(task, *task.batch(chosen, (number + 1) / self.schedule.epochs, generator))
            if not math.isfinite(loss):
                also = ", or float32 in place of bfloat16" if self.schedule.bfloat16 else ""
                raise CheckFailed(f"{stage}: the loss is no number any more: try a lower --learning-rate{also}")
            loss_sum += loss * len(chosen)
            right_sum += right * len(chosen)
            done += len(chosen)
        rate = float(self.decay.get_last_lr()[0])
        seconds = round(time.perf_counter() - start, 2)
        return Epoch(number + 1, round(loss_sum / task.count, 5), round(right_sum / task.count, 5), rate, seconds)

    def _step(self, task: Task, inputs: torch.Tensor, truth: torch.Tensor) -> tuple[float, float]:
        inputs = inputs.to(self.device).contiguous(memory_format=torch.channels_last)
        truth = truth.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.schedule.bfloat16):
            loss, right = task.loss(self.network, inputs, truth)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.decay.step()
        return loss.item(), right.item()


def _optimizer(network: nn.Module, schedule: Schedule) -> torch.optim.Optimizer:
    rate, decay = schedule.peak_rate, schedule.weight_decay
    if schedule.optimizer == "sgd":
        return torch.optim.SGD(network.parameters(), lr=rate, weight_decay=decay, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
