"""Which channels go: by score, within each layer or over all of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from .channel_graph import Selection
from .recipe import PruneRecipe
from .sensitivity import Curves, kept_by_sensitivity

_LEAST_KEPT = 0.1  # of a layer, when all layers compete: none is closed altogether


def choose_channels(
    scores: Mapping[str, torch.Tensor],
    widths: Mapping[str, int],
    recipe: PruneRecipe,
    ratio: float,
    share: float = 1.0,
    curves: Curves | None = None,
) -> Selection:
    """Layer -> indices of the channels to take out, so that `ratio` of the original `widths` is gone.

    A layer with a ratio of its own has lost `share` of that; `curves` are needed for the scope "sensitivity".
    """
    if recipe.scope == "sensitivity":
        assert curves is not None
        kept = kept_by_sensitivity(curves, widths, ratio)
    elif recipe.scope == "global":
        kept = _kept_globally(scores, widths, ratio)
    else:
        kept = {root: round(widths[root] * (1 - ratio)) for root in scores}
    chosen = {}
    for root, one in scores.items():
        own = recipe.own_ratio(root)
        count = kept[root] if own is None else round(widths[root] * (1 - own * share))
        left = min(len(one), _rounded(count, widths[root], recipe.round_to))
        chosen[root] = sorted(one.argsort()[: len(one) - left].tolist())
    return chosen


def _rounded(count: int, width: int, multiple: int) -> int:
    """Up to whole multiples, where the layer is that wide; at least one."""
    if width < 2 * multiple:
        return max(1, count)
    return max(multiple, -(-count // multiple) * multiple)


def _kept_globally(scores: Mapping[str, torch.Tensor], widths: Mapping[str, int], ratio: float) -> dict[str, int]:
    """Of all channels that are left, the least go until `ratio` of the original number is gone."""
    every = torch.cat(list(scores.values())).sort().values
    whole = sum(widths[root] for root in scores)
    gone = round(whole * ratio) - (whole - len(every))
    limit = every[max(0, gone)] if gone < len(every) else every[-1]
    return {root: max(int((one >= limit).sum()), round(_LEAST_KEPT * widths[root]), 1) for root, one in scores.items()}
