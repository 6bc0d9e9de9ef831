"""Make a network as narrow as the weights that are to go into it: how a pruned network is loaded again."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

State = Mapping[str, torch.Tensor]


def fit_shapes(network: nn.Module, state: State) -> None:
    """Give each convolution, BatchNorm and dense layer of `network` the channels that `state` has for it."""
    for name, layer in network.named_modules():
        weight = state.get(f"{name}.weight")
        if weight is None or getattr(layer, "weight", weight).shape == weight.shape:
            continue
        if isinstance(layer, nn.ConvTranspose2d):
            layer.in_channels, layer.out_channels = weight.shape[0], weight.shape[1] * layer.groups
        elif isinstance(layer, nn.Conv2d):
            _fit_convolution(layer, weight)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.num_features = len(weight)
        elif isinstance(layer, nn.Linear):
            layer.out_features, layer.in_features = weight.shape
        _fit_tensors(layer, name, state)


def _fit_convolution(layer: nn.Conv2d, weight: torch.Tensor) -> None:
    if layer.groups == layer.in_channels > 1:  # depthwise; each input may have several outputs
        each = layer.out_channels // layer.in_channels
        layer.out_channels = weight.shape[0]
        layer.groups = layer.in_channels = layer.out_channels // each
    else:
        layer.in_channels, layer.out_channels = weight.shape[1] * layer.groups, weight.shape[0]


def _fit_tensors(layer: nn.Module, name: str, state: State) -> None:
    for own, parameter in list(layer.named_parameters(recurse=False)):
        if f"{name}.{own}" in state:
            setattr(layer, own, nn.Parameter(parameter.new_empty(state[f"{name}.{own}"].shape)))
    for own, buffer in list(layer.named_buffers(recurse=False)):
        if f"{name}.{own}" in state:
            layer.register_buffer(own, buffer.new_zeros(state[f"{name}.{own}"].shape))
