"""Random weights that behave like trained ones, for speed and agreement: the scale of activations stays sane."""

from __future__ import annotations

import torch
from torch import nn

_CALIBRATION_IMAGES = 8


def randomize(module: nn.Module, input_shape: tuple[int, ...], seed: int) -> None:
    """Draw all weights of `module` from `seed`, in place, and leave it in eval mode.

    Convolutions by He et al. 2015 (arXiv:1502.01852), BatchNorm with a scale and shift that are not the identity and
    the mean and variance it sees on random input of `input_shape` (NCHW; the batch is set here).  With torch's fresh
    statistics (0 and 1) the variance would double at every residual block, and folding them would test nothing.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for layer in module.modules():
            _draw(layer)
        module.eval()
        norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.train()
            norm.momentum = None  # a plain mean over the batches, here of one
        if norms:
            module(torch.randn(_CALIBRATION_IMAGES, *input_shape[1:]))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        module.eval()


def _draw(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    elif isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.uniform_(layer.weight, 0.8, 1.2)
        nn.init.normal_(layer.bias, std=0.1)
        layer.reset_running_stats()
        return
    else:
        return
    if layer.bias is not None:
        nn.init.normal_(layer.bias, std=0.05)
