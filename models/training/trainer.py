"""Training: a fixed number of epochs, a checkpoint after each.

Nothing is chosen on any test part: the last epoch's weights are the result.  Each epoch's randomness comes from the
seed and the epoch's number alone (loop.py), so a run that was killed goes on as if nothing had happened.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from ...compile.errors import TilewrightError
from ...compile.files import require_place
from ...compile.progress import Progress, silent
from .checkpoint import load_checkpoint, save_checkpoint
from .device import CPU, training_device
from .loop import Loop, Task
from .results import write_log, write_weights
from .schedule import Epoch, Schedule


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
    run = Loop(network, schedule, math.ceil(task.count / schedule.batch), device or training_device())
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
