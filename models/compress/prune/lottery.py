"""What the weights that are left start from, once it is known which (Frankle and Carbin 2019, arXiv:1803.03635)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from .masks import masks_of, put_on, take_off
from .recipe import Start


def restart(network: nn.Module, start: Start, rewound: Mapping[str, torch.Tensor] | None, seed: int) -> None:
    """Set the weights of a pruned `network`, in place; what is masked stays so.

    fine-tune  as they are
    rewind     `rewound`: what they were at initialization, or at an early epoch, of the channels that are left
    random     drawn anew from `seed`, the way each layer draws its own
    """
    if start == "fine-tune":
        return
    masks = masks_of(network)
    take_off(network)
    if start == "rewind":
        assert rewound is not None
        network.load_state_dict(dict(rewound))
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for layer in network.modules():
                if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d)):
                    layer.reset_parameters()
    put_on(network, masks)
