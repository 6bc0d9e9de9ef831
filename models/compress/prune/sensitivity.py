"""How far a network's answer moves when one of its layers loses channels (Li et al. 2017, arXiv:1608.08710)."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from .channel_graph import graph_of, unread

RATIOS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_LEAST_MOVE = 1e-12  # what moves nothing is below any limit, and has a logarithm
_HALVINGS = 60

Curves = Mapping[str, np.ndarray]  # layer -> how far the answer moves without RATIOS of its channels, never falling


def sensitivity_of(
    network: nn.Module, example: torch.Tensor, scores: Mapping[str, torch.Tensor], inputs: torch.Tensor
) -> Curves:
    """The curves of the layers in `scores`, each by itself, the channels of least score going first.

    How far: the squared distance between the answers to `inputs` (N, C, H, W), relative to what they vary by.
    """
    tried, whole = deepcopy(network), network.state_dict()
    graph, answer = graph_of(tried, example), _answer(network, inputs)
    curves = {}
    for root, values in scores.items():
        order, moved = values.argsort().tolist(), []
        for ratio in RATIOS:
            unread(graph, tried, root, order[: round(ratio * len(order))])
            moved.append(_distance(_answer(tried, inputs), answer))
            tried.load_state_dict(whole)
        curves[root] = np.maximum.accumulate(moved)
    return curves


def kept_by_sensitivity(curves: Curves, widths: Mapping[str, int], ratio: float) -> dict[str, int]:
    """How many channels each layer keeps when `ratio` of all goes, and no layer moves the answer more than another."""
    low, high = _LEAST_MOVE, max(float(one[-1]) for one in curves.values()) + _LEAST_MOVE
    wanted = ratio * sum(widths[root] for root in curves)
    if not wanted:
        return {root: widths[root] for root in curves}  # else what moves nothing at all would go
    for _ in range(_HALVINGS):
        limit = (low * high) ** 0.5
        gone = sum(_share(curve, limit) * widths[root] for root, curve in curves.items())
        low, high = (limit, high) if gone < wanted else (low, limit)
    return {root: round(widths[root] * (1 - _share(curve, high))) for root, curve in curves.items()}


def _share(curve: np.ndarray, limit: float) -> float:
    """The share of a layer that can go before the answer has moved by `limit`, between the tried ones on a line."""
    return float(np.interp(limit, [0.0, *np.maximum(curve, _LEAST_MOVE)], [0.0, *RATIOS]))


def _answer(network: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return network(inputs)


def _distance(ours: torch.Tensor, whole: torch.Tensor) -> float:
    return float((ours - whole).square().mean() / whole.var().clamp_min(_LEAST_MOVE))
