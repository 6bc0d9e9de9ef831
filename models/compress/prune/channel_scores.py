"""How much each channel of a group matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from ....compile.errors import TilewrightError
from .channel_graph import graph_of, group_of

Loss = Callable[[nn.Module], torch.Tensor]


def channel_scores(
    network: nn.Module, example: torch.Tensor, roots: Iterable[str], criterion: str, loss: Loss | None, seed: int
) -> dict[str, torch.Tensor]:
    """Layer -> the scores of its channels, each divided by the mean of its group; a group without a score is left out.

    `loss` is what "taylor" differentiates.  Raises TilewrightError where no group has a score.
    """
    if criterion == "taylor":
        assert loss is not None
        network.zero_grad()
        loss(network).backward()
    importance, graph = _importance(criterion), graph_of(network, example)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = {root: importance(group_of(graph, network, root)) for root in roots}
    network.zero_grad()
    scores = {root: one for root, one in found.items() if one is not None}
    if not scores:
        raise TilewrightError(f"criterion {criterion}: no layer has what it goes by; take l1")
    return scores


def _importance(criterion: str) -> Any:
    from torch_pruning import importance

    return {
        "l1": lambda: importance.MagnitudeImportance(p=1),
        "l2": lambda: importance.MagnitudeImportance(p=2),
        "bn-scale": importance.BNScaleImportance,
        "taylor": importance.TaylorImportance,
        "random": importance.RandomImportance,
    }[criterion]()
