"""What a network answers to a task, and what some of its layers do meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import torch
from torch import nn


class Heard(nn.Module):
    """Stands for `network` where a task asks it for scores, or for `logits`; `answer` is what it said last."""

    answer: torch.Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """The network's answer."""
        self.answer = self.network(inputs)
        return self.answer

    def logits(self, inputs: torch.Tensor) -> torch.Tensor:
        """What its sigmoid at the end is given."""
        self.answer = self.network.logits(inputs)  # pyright: ignore[reportCallIssue]
        return self.answer

    @contextlib.contextmanager
    def hearing(self, layers: Iterable[str]) -> Iterator[dict[str, torch.Tensor]]:
        """By name what `layers` answer while the network runs within."""
        heard: dict[str, torch.Tensor] = {}

        def hear(name: str):  # noqa: ANN202
            def put_down(_module: nn.Module, _inputs: object, answer: torch.Tensor) -> None:
                heard[name] = answer

            return put_down

        handles = [self.network.get_submodule(name).register_forward_hook(hear(name)) for name in layers]
        try:
            yield heard
        finally:
            for handle in handles:
                handle.remove()
