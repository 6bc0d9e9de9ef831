"""SqueezeNet 1.1 (Iandola et al. 2016, arXiv:1602.07360) with the weights Microsoft publishes as an ONNX file.

State-dict names are torchvision's; the file's are Caffe's, so `read_weights` renames.  As in the file the answer is
probabilities and the pools round down; torchvision's round up, which at 224x224 is the same.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from ...compile.processing import Postprocess, Preprocess
from .model import WeightSource, ZooModel

# torchvision's number in `features`, Caffe's in "fireN": squeezed width and half the output channels of each.
_FIRES = (
    (3, 2, 16, 64),
    (4, 3, 16, 64),
    (6, 4, 32, 128),
    (7, 5, 32, 128),
    (9, 6, 48, 192),
    (10, 7, 48, 192),
    (11, 8, 64, 256),
    (12, 9, 64, 256),
)
_POOLS = (2, 5, 8)
# The mean of ImageNet's blue, green and red, as Caffe takes it off.
_MEAN = (103.939, 116.779, 123.68)


class Fire(nn.Module):
    """Squeeze by 1x1, then expand by 1x1 and 3x3 side by side: (N, in, H, W) -> (N, 2 half, H, W)."""

    def __init__(self, channels_in: int, squeezed: int, half: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels_in, squeezed, kernel_size=1)
        self.expand1x1 = nn.Conv2d(squeezed, half, kernel_size=1)
        self.expand3x3 = nn.Conv2d(squeezed, half, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One ReLU after each convolution."""
        x = torch.relu(self.squeeze(x))
        return torch.cat([torch.relu(self.expand1x1(x)), torch.relu(self.expand3x3(x))], dim=1)


def _features() -> nn.Sequential:
    fires = {index: (squeezed, half) for index, _, squeezed, half in _FIRES}
    layers: list[nn.Module] = [nn.Conv2d(3, 64, kernel_size=3, stride=2), nn.ReLU(inplace=True)]
    channels = 64
    for index in range(len(layers), len(layers) + len(fires) + len(_POOLS)):
        if index in _POOLS:
            layers.append(nn.MaxPool2d(3, stride=2))
        else:
            layers.append(Fire(channels, *fires[index]))
            channels = 2 * fires[index][1]
    return nn.Sequential(*layers)


class SqueezeNet(nn.Module):
    """(N, 3, 224, 224) images -> (N, classes) probabilities."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.features = _features()
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Conv2d(512, classes, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Features, a score map a class, its mean over the picture, softmax."""
        return torch.softmax(torch.flatten(self.classifier(self.features(x)), 1), dim=1)


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The initializers of the ONNX file at `path`, by this module's names; float16 becomes float32, exactly."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path, load_external_data=False).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    parts = (("squeeze1x1", "squeeze"), ("expand1x1", "expand1x1"), ("expand3x3", "expand3x3"))
    layers = {"conv1": "features.0", "conv10": "classifier.1"}
    for index, fire, *_ in _FIRES:
        layers |= {f"fire{fire}/{theirs}": f"features.{index}.{ours}" for theirs, ours in parts}
    names = {f"{theirs}_w_0": f"{ours}.weight" for theirs, ours in layers.items()}
    names |= {f"{theirs}_b_0": f"{ours}.bias" for theirs, ours in layers.items()}
    return {names.get(name, name): torch.from_numpy(value.astype("float32")) for name, value in values.items()}


MODELS = (
    ZooModel(
        name="squeezenet1.1",
        title="SqueezeNet 1.1, ImageNet (Iandola et al. 2016)",
        input_shape=(1, 3, 224, 224),
        preprocess=Preprocess(224, 224, "BGR", mean=_MEAN, scale=(1.0,) * 3),
        postprocess=Postprocess("classify"),
        weights=WeightSource(
            "data",
            "microsoft/Windows-Machine-Learning @ 155b5eeb (MIT)",
            file="imagenet-weights/SqueezeNet_fp16.onnx",
            seed=11,
        ),
        build=SqueezeNet,
        datasets=("imagenet-val1300",),
        read_weights=read_weights,
    ),
)
