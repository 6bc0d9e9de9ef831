"""One step of pruning: choose what goes, and let it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from .channel_graph import Selection, channels_of, take_out
from .channel_scores import Loss, channel_scores
from .choose_channels import choose_channels
from .macs_target import ratio_for
from .masks import choose_weights, put_on, take_off, zero_share
from .recipe import PruneRecipe
from .sensitivity import Curves, sensitivity_of
from .size import size_of


class Channels:
    """Channels of the layers `roots`, which are whole as yet."""

    def __init__(self, network: nn.Module, example: torch.Tensor, roots: Sequence[str], recipe: PruneRecipe) -> None:
        self._network, self._example, self._recipe = network, example, recipe
        self._widths: Mapping[str, int] = {root: channels_of(network, root) for root in roots}
        self._macs = size_of(network, example).macs
        self._curves: Curves | None = None

    def feel(self, inputs: torch.Tensor, loss: Loss | None) -> None:
        """Find out what each layer's channels mean to the answer; before any is gone."""
        self._curves = sensitivity_of(self._network, self._example, self._scores(loss), inputs)

    def prune(self, share: float, loss: Loss | None) -> Selection:
        """Take channels out until `share` of what the recipe asks is gone; returns which went now."""
        recipe, scores = self._recipe, self._scores(loss)

        def chosen_at(ratio: float) -> Selection:
            return choose_channels(scores, self._widths, recipe, ratio, share, self._curves)

        ratio = recipe.ratio * share
        if recipe.macs is not None:
            ratio = ratio_for(self._macs * (1 - (1 - recipe.macs) * share), self._network, self._example, chosen_at)
        chosen = chosen_at(ratio)
        self.repeat(chosen)
        return chosen

    def repeat(self, chosen: Selection) -> None:
        """Take out what an earlier run, or another network, had chosen."""
        take_out(self._network, self._example, chosen)

    @property
    def gone(self) -> float:
        """Share of the channels that are gone."""
        left = sum(channels_of(self._network, root) for root in self._widths)
        return 1 - left / sum(self._widths.values())

    def _scores(self, loss: Loss | None) -> dict[str, torch.Tensor]:
        recipe = self._recipe
        return channel_scores(self._network, self._example, self._widths, recipe.criterion, loss, recipe.seed)


class Weights:
    """Single weights of a network, kept at zero by masks."""

    def __init__(self, network: nn.Module, recipe: PruneRecipe) -> None:
        self._network, self._recipe = network, recipe

    def prune(self, share: float, loss: Loss | None) -> Selection:
        """Mask weights until `share` of the recipe's ratio is zero."""
        take_off(self._network)  # `weight` of a masked layer is what its last batch was computed with
        put_on(self._network, choose_weights(self._network, self._recipe, share))
        return {}

    def repeat(self, chosen: Selection) -> None:
        """What is zero already is to stay so."""
        put_on(self._network, choose_weights(self._network, self._recipe, 0.0))

    @property
    def gone(self) -> float:
        """Share of the weights that are zero."""
        return zero_share(self._network)
