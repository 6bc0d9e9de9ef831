"""One step of pruning: choose what goes at this ratio, and let it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from .channel_graph import Selection, channels_of, take_out
from .channel_scores import Loss, channel_scores
from .choose_channels import choose_channels
from .masks import choose_weights, put_on
from .recipe import PruneRecipe


class Channels:
    """Of the layers `roots`, which have `widths` channels before anything goes."""

    def __init__(self, network: nn.Module, example: torch.Tensor, roots: Sequence[str], recipe: PruneRecipe) -> None:
        self._network, self._example, self._recipe = network, example, recipe
        self._widths: Mapping[str, int] = {root: channels_of(network, root) for root in roots}

    def prune(self, ratio: float, loss: Loss | None) -> Selection:
        """Take channels out until `ratio` of them is gone; returns which went now."""
        recipe = self._recipe
        scores = channel_scores(self._network, self._example, self._widths, recipe.criterion, loss, recipe.seed)
        chosen = choose_channels(scores, self._widths, recipe, ratio)
        self.repeat(chosen)
        return chosen

    def repeat(self, chosen: Selection) -> None:
        """Take out what an earlier run, or another network, had chosen."""
        take_out(self._network, self._example, chosen)


class Weights:
    """Single weights of a network, kept at zero by masks."""

    def __init__(self, network: nn.Module, recipe: PruneRecipe) -> None:
        self._network, self._recipe = network, recipe

    def prune(self, ratio: float, loss: Loss | None) -> Selection:
        """Mask weights until `ratio` of them is zero."""
        put_on(self._network, choose_weights(self._network, self._recipe, ratio))
        return {}

    def repeat(self, chosen: Selection) -> None:
        """What is zero already is to stay so."""
        put_on(self._network, choose_weights(self._network, self._recipe, 0.0))
