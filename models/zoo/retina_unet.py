"""The small U-Net of orobix/retina-unet (after Ronneberger et al. 2015, arXiv:1505.04597), which finds blood vessels.

It was trained with Keras 1 on Theano, on 48x48 patches of fundus photographs; here it takes the whole picture, padded
to a multiple of 8.  As published: no BatchNorm, nearest-neighbour upsampling, ReLU also on the two scores themselves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel

_SIZE = 568
# Which of Keras's convolution2d_N is which of ours.
_KERAS_LAYERS = (
    *("down.0.0", "down.0.2", "down.1.0", "down.1.2", "bottom.0", "bottom.2"),
    *("up.1.0", "up.1.2", "up.0.0", "up.0.2", "head"),
)


def _double_conv(channels_in: int, channels_out: int) -> nn.Sequential:
    """Twice 3x3 convolution and ReLU: (N, in, H, W) -> (N, out, H, W).  Keras's dropout between is for training."""
    return nn.Sequential(
        *(nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1), nn.ReLU(inplace=True)),
        *(nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1), nn.ReLU(inplace=True)),
    )


class RetinaUNet(nn.Module):
    """(N, 1, H, W) grey pictures -> (N, 2, H, W) probabilities of background and vessel; H and W are multiples of 4.

    `down[i]` and `up[i]` work at the same size, 1 / 2^i of the picture's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([_double_conv(1, 32), _double_conv(32, 64)])
        self.bottom = _double_conv(64, 128)
        self.up = nn.ModuleList([_double_conv(64 + 32, 32), _double_conv(128 + 64, 64)])
        self.head = nn.Conv2d(32, 2, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Down, up with the skips behind the upsampled channels, softmax over the two scores."""
        skips = []
        for level in self.down:
            x = level(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for skip, up in zip(reversed(skips), reversed(self.up), strict=True):
            x = up(torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skip], dim=1))
        return torch.softmax(torch.relu(self.head(x)), dim=1)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of the Keras 1 file at `path`, by this module's names.

    Theano convolves where torch correlates, so every kernel is turned around in height and width.
    """
    import h5py

    state = {}
    with h5py.File(path, "r") as file:
        for number, layer in enumerate(_KERAS_LAYERS, start=1):
            name = f"convolution2d_{number}"
            kernel, bias = (np.asarray(file[f"{name}/{name}_{kind}"]) for kind in "Wb")
            state[f"{layer}.weight"] = torch.from_numpy(kernel[:, :, ::-1, ::-1].copy())
            state[f"{layer}.bias"] = torch.from_numpy(bias)
    return state


MODELS = (
    ZooModel(
        name="retina-unet",
        title="Retina U-Net, blood vessels (orobix/retina-unet)",
        input_shape=(1, 1, _SIZE, _SIZE),
        preprocess=Preprocess(_SIZE, _SIZE, "L", mean=(0.0,), scale=(1 / 255,), fit="center", enhance="retina"),
        postprocess=Postprocess("foreground", labels=("vessel",)),
        weights=WeightSource(
            "data",
            "orobix/retina-unet @ f6ff63bb (MIT)",
            file="retina-unet-drive/test_best_weights.h5",
            seed=48,
        ),
        build=RetinaUNet,
        datasets=("drive",),
        read_weights=read_weights,
    ),
)
