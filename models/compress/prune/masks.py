"""Weights set to zero, one by one or in blocks, and kept there while the others are trained.

A block is what a kernel for sparse weights skips: as many neighbouring outputs of one input as a vector holds.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.utils import prune

from ....compile.errors import TilewrightError
from ....schedules.sparse_blocks import BLOCK
from .recipe import PruneRecipe

Masks = Mapping[str, torch.Tensor]  # layer -> 1 where its weight is kept


def choose_weights(network: nn.Module, recipe: PruneRecipe, share: float = 1.0) -> Masks:
    """Masks under which `share` of the recipe's ratio of the weights of convolutions and dense layers are zero.

    What is zero stays so: the least go first.  Biases and BatchNorm are left alone; of blocks, so is what has no kernel
    for them.  Raises TilewrightError where the recipe names a layer that has none.
    """
    layers = [(name, one) for name, one in _layers(network) if recipe.structure == "weights" or _has_blocks(one)]
    if unknown := recipe.without_a_layer(name for name, _ in layers):
        raise TilewrightError(f"no weights of {', '.join(unknown)} can be set to zero in {recipe.structure}")
    scores = {name: _scores(layer.weight, recipe, place) for place, (name, layer) in enumerate(layers)}
    if recipe.scope == "global":
        limit = _limit(torch.cat([one.flatten() for one in scores.values()]), recipe.ratio * share)
        return {name: (one > limit).to(one.dtype) for name, one in scores.items()}
    own = {name: recipe.own_ratio(name) for name in scores}
    ratios = {name: (recipe.ratio if one is None else one) * share for name, one in own.items()}
    return {name: (one > _limit(one.flatten(), ratios[name])).to(one.dtype) for name, one in scores.items()}


def put_on(network: nn.Module, masks: Masks) -> None:
    """Zero what is masked, now and through whatever training comes; `weight` becomes `weight_orig` times the mask."""
    take_off(network)
    for name, mask in masks.items():
        prune.custom_from_mask(network.get_submodule(name), "weight", mask)


def masks_of(network: nn.Module) -> Masks:
    """The masks that are on."""
    return {name: layer.weight_mask.clone() for name, layer in _layers(network) if prune.is_pruned(layer)}  # type: ignore[operator]


def take_off(network: nn.Module) -> None:
    """The weights as the masks leave them, plain parameters again."""
    for _, layer in _layers(network):
        if prune.is_pruned(layer):
            prune.remove(layer, "weight")


def zero_share(network: nn.Module) -> float:
    """Share of the weights of convolutions and dense layers that are zero."""
    weights = [layer.weight.detach() for _, layer in _layers(network)]
    return sum(int((one == 0).sum()) for one in weights) / sum(one.numel() for one in weights)


def _scores(weight: torch.Tensor, recipe: PruneRecipe, place: int) -> torch.Tensor:
    weight = weight.detach()
    means = _block_means(weight.abs()) if recipe.structure == "blocks" else weight.abs()
    if recipe.criterion == "l1":
        return means
    drawn = torch.rand(weight.shape, generator=torch.Generator().manual_seed(recipe.seed * 1000 + place))
    drawn = _block_means(drawn) if recipe.structure == "blocks" else drawn
    return torch.where(means == 0, torch.zeros(()), 1 - drawn)  # above zero


def _block_means(values: torch.Tensor) -> torch.Tensor:
    """Each value of an (outputs, inputs, ...) tensor replaced by the mean over its block."""
    means = [part.mean(0, keepdim=True).expand_as(part) for part in values.split(BLOCK)]
    return torch.cat(means)


def _has_blocks(layer: nn.Module) -> bool:
    pointwise = isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.groups == 1
    return isinstance(layer, nn.Linear) or pointwise


def _limit(scores: torch.Tensor, ratio: float) -> torch.Tensor:
    """What is not above it goes; 0 where none is to, for what is zero stays so."""
    gone = round(ratio * len(scores))
    return scores.kthvalue(gone).values if gone else torch.zeros(())


def _layers(network: nn.Module) -> list[tuple[str, nn.Conv2d]]:
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    return [(name, one) for name, one in network.named_modules() if isinstance(one, kinds)]  # type: ignore[misc]
