"""Train a classifier: shuffled batches, cross entropy, AdamW with warm-up and cosine decay, a fixed number of epochs.

Nothing is chosen on any test part: the last epoch's weights are the result.  Each epoch's randomness comes from the
seed and the epoch's number alone, so a run that was killed goes on from its checkpoint as if nothing had happened.
"""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...compile.errors import TilewrightError
from ...compile.files import replacing

Augment = Callable[[torch.Tensor, torch.Generator], torch.Tensor]


@dataclass(frozen=True)
class Schedule:
    """What a run is made of; a checkpoint goes on only under the same one."""

    epochs: int
    batch: int = 128
    peak_rate: float = 2e-3
    weight_decay: float = 1e-2
    warm_up: float = 0.1  # share of all steps
    smoothing: float = 0.05  # of the labels (Szegedy et al. 2015, arXiv:1512.00567)
    seed: int = 0


@dataclass(frozen=True)
class Epoch:
    """One line of the log; `loss` and `accuracy` are means over the augmented training images."""

    epoch: int
    loss: float
    accuracy: float
    rate: float
    seconds: float


def train(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    schedule: Schedule,
    out: Path,
    augment: Augment | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> None:
    """Train `network` in place on images (N, C, H, W) float32 and classes (N,) int64; leave it in eval mode.

    Writes `out` (safetensors) and, beside it, `.log.jsonl` with one line an epoch; a `.checkpoint` lies there while
    the run lasts.  Raises TilewrightError when these cannot be written, or when a checkpoint is of another run.
    """
    run = _Run(network, schedule, math.ceil(len(images) / schedule.batch), out)
    run.resume()
    for number in range(len(run.log), schedule.epochs):
        epoch = run.epoch(number, images, classes, augment)
        run.save(epoch)
        on_epoch(epoch)
    network.eval()
    _write_tensors(network, out)
    _write_log(run.log, out)
    run.checkpoint.unlink(missing_ok=True)


class _Run:
    """The state of a run: what a checkpoint saves."""

    def __init__(self, network: nn.Module, schedule: Schedule, steps: int, out: Path) -> None:
        self.network, self.schedule, self.steps = network, schedule, steps
        self.checkpoint = out.with_suffix(".checkpoint")
        self.log: list[dict[str, Any]] = []
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=schedule.peak_rate, weight_decay=schedule.weight_decay
        )
        self.decay = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def _rate(self, step: int) -> float:
        """Share of the peak rate at `step`: a line up, then half a cosine down."""
        last = self.steps * self.schedule.epochs
        rise = self.schedule.warm_up * last
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / (last - rise)))

    def epoch(self, number: int, images: torch.Tensor, classes: torch.Tensor, augment: Augment | None) -> Epoch:
        """One pass over all images in a new order."""
        start = time.perf_counter()
        generator = torch.Generator().manual_seed(self.schedule.seed * 100_000 + number)
        self.network.train()
        loss_sum = right = 0.0
        for chosen in self._batches(len(images), generator):
            batch, truth = images[chosen], classes[chosen]
            scores = self.network(augment(batch, generator) if augment else batch)
            loss = functional.cross_entropy(scores, truth, label_smoothing=self.schedule.smoothing)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.decay.step()
            loss_sum += loss.item() * len(chosen)
            right += (scores.argmax(1) == truth).sum().item()
        rate = float(self.decay.get_last_lr()[0])
        seconds = round(time.perf_counter() - start, 2)
        return Epoch(number + 1, round(loss_sum / len(images), 5), round(right / len(images), 5), rate, seconds)

    def _batches(self, count: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
        yield from torch.randperm(count, generator=generator).split(self.schedule.batch)

    def save(self, epoch: Epoch) -> None:
        self.log.append(asdict(epoch))
        state = {
            "schedule": asdict(self.schedule),
            "log": self.log,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "decay": self.decay.state_dict(),
        }
        buffer = io.BytesIO()  # torch's own writer reports a full disk in its own way
        torch.save(state, buffer)
        with replacing(self.checkpoint) as beside:
            beside.write_bytes(buffer.getvalue())

    def resume(self) -> None:
        """Take up a checkpoint of the same run, if there is one."""
        if not self.checkpoint.exists():
            return
        try:
            state = torch.load(self.checkpoint, weights_only=True)
            if state["schedule"] != asdict(self.schedule):
                raise TilewrightError(f"{self.checkpoint} is of a run with other settings: delete it, or name those")
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.decay.load_state_dict(state["decay"])
            self.log = state["log"]
        except TilewrightError:
            raise
        except Exception:  # a damaged file makes the parser raise almost anything
            raise TilewrightError(f"{self.checkpoint} is damaged or of another network: delete it") from None


def _write_tensors(network: nn.Module, out: Path) -> None:
    from safetensors.torch import save

    with replacing(out) as beside:
        beside.write_bytes(save({key: value.contiguous() for key, value in network.state_dict().items()}))


def _write_log(log: list[dict[str, Any]], out: Path) -> None:
    with replacing(out.with_suffix(".log.jsonl")) as beside:
        beside.write_text("".join(json.dumps(line) + "\n" for line in log), encoding="utf-8")
