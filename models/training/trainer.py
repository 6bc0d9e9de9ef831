"""The training loop: shuffled batches, warm-up and decay, a fixed number of epochs, a checkpoint after each.

Nothing is chosen on any test part: the last epoch's weights are the result.  Each epoch's randomness comes from the
seed and the epoch's number alone, so a run that was killed goes on from its checkpoint as if nothing had happened.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import torch
from torch import nn

from ...compile.errors import CheckFailed, TilewrightError
from ...compile.files import require_place
from ...compile.progress import Progress, silent
from .checkpoint import load_checkpoint, save_checkpoint
from .device import CPU, training_device
from .results import write_log, write_weights
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


def train(
    network: nn.Module,
    task: Task,
    schedule: Schedule,
    out: Path,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    metadata: Mapping[str, str] = MappingProxyType({}),
    progress: Progress = silent,
    stop_after: int | None = None,
    judge: Callable[[], Mapping[str, float]] = dict,
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> Mapping[str, float]:
    """Train `network` in place; leave it in eval mode, with the weights as they were written.

    Writes `out` (safetensors, see `write_weights`) and, beside it, `.log.jsonl` with one line an epoch; a
    `.checkpoint` lies there while the run lasts: after `stop_after` epochs it is left, for a call that goes on,
    and until `judge` is done, for one that was killed there.
    Raises TilewrightError when these cannot be written, or when a checkpoint is of another run; CheckFailed when the
    loss is no number any more.  Returns what `judge` says.  `settings` are as in `run_epochs`.
    """
    checkpoint = out.with_suffix(".checkpoint")
    log = run_epochs(
        network, task, schedule, checkpoint, settings, on_epoch=on_epoch, progress=progress, stop_after=stop_after
    )
    network.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    network.eval()
    write_weights(network, out, metadata=metadata)
    write_log(log, out)
    judged = judge()
    if len(log) >= schedule.epochs:
        checkpoint.unlink(missing_ok=True)
    return judged


def run_epochs(
    network: nn.Module,
    task: Task,
    schedule: Schedule,
    checkpoint: Path,
    settings: Mapping[str, Any] = MappingProxyType({}),
    measure: Callable[[], Mapping[str, float]] = dict,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
    device: torch.device | None = None,
    stop_after: int | None = None,
) -> list[dict[str, Any]]:
    """Train `network` in place, going on from `checkpoint` where there is one, and return the log: a line an epoch.

    It ends after `stop_after` epochs of the schedule, if that comes first.

    `settings` are what else a run is made of, plain values; `measure` gives more figures for the log after each epoch.
    `progress` is told each batch.  It computes on `device` (None: a GPU where there is one), and `network` is on the
    CPU again afterwards.  The checkpoint stays, and serves on any device.  Raises TilewrightError when it cannot be
    written, or is of another run.
    """
    require_place(checkpoint)
    run = _Run(network, schedule, math.ceil(task.count / schedule.batch), device or training_device())
    made_of = {**asdict(schedule), **settings}
    log = load_checkpoint(checkpoint, made_of, run.parts)
    if stop_after is not None and stop_after < len(log):
        raise TilewrightError(
            f"{checkpoint} is {len(log)} epochs on, past --stop-after {stop_after}: name another file"
        )
    for number in range(len(log), min(schedule.epochs, stop_after or schedule.epochs)):
        epoch = run.epoch(number, task, progress)
        log.append({**asdict(epoch), **measure()})
        save_checkpoint(checkpoint, made_of, run.parts, log)
        on_epoch(epoch)
    network.to(CPU)
    return log


class _Run:
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
