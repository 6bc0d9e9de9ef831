"""Which channels go: by score, within each layer or over all of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .channel_graph import Selection
from .recipe import PruneRecipe

_LEAST_KEPT = 0.1  # of a layer, when all layers compete: none is closed altogether


def choose_channels(
    scores: Mapping[str, torch.Tensor], widths: Mapping[str, int], recipe: PruneRecipe, ratio: float
) -> Selection:
    """Layer -> indices of the channels to take out, so that `ratio` of the original `widths` is gone."""
    kept = _kept_locally if recipe.scope == "local" else _kept_globally
    chosen = {}
    for root, count in kept(scores, widths, recipe, ratio).items():
        if root in recipe.layer_ratios:  # it grows with the others
            own = recipe.layer_ratios[root] * (ratio / recipe.ratio if recipe.ratio else 1.0)
            count = round(widths[root] * (1 - own))
        now = len(scores[root])
        left = min(now, _rounded(count, widths[root], recipe.round_to))
        chosen[root] = sorted(scores[root].argsort()[: now - left].tolist())
    return chosen


def _rounded(count: int, width: int, multiple: int) -> int:
    """Up to whole multiples, where the layer is that wide; at least one."""
    if width < 2 * multiple:
        return max(1, count)
    return max(multiple, -(-count // multiple) * multiple)


def _kept_locally(
    scores: Mapping[str, torch.Tensor], widths: Mapping[str, int], recipe: PruneRecipe, ratio: float
) -> dict[str, int]:
    return {root: round(widths[root] * (1 - ratio)) for root in scores}


def _kept_globally(
    scores: Mapping[str, torch.Tensor], widths: Mapping[str, int], recipe: PruneRecipe, ratio: float
) -> dict[str, int]:
    """Of all channels that are left, the least go until `ratio` of the original number is gone."""
    every = torch.cat(list(scores.values())).sort().values
    whole = sum(widths[root] for root in scores)
    gone = round(whole * ratio) - (whole - len(every))
    limit = every[max(0, gone)] if gone < len(every) else every[-1]
    return {root: max(int((one >= limit).sum()), round(_LEAST_KEPT * widths[root]), 1) for root, one in scores.items()}
