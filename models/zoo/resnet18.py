"""ResNet-18 (He et al. 2015, arXiv:1512.03385) for 224x224 images, state-dict names as in torchvision."""

from __future__ import annotations

import torch
from torch import nn

from ...compile.processing import Postprocess
from .imagenet import PREPROCESS
from .model import WeightSource, ZooModel


def _conv_bn(channels_in: int, channels_out: int, kernel: int, stride: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A convolution without bias (BatchNorm has one), padded to keep the size at stride 1."""
    conv = nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=False)
    return conv, nn.BatchNorm2d(channels_out)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: (N, in, H, W) -> (N, out, H / stride, W / stride)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv_bn(channels_in, channels_out, 3, stride)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = _conv_bn(channels_out, channels_out, 3, 1)
        same = stride == 1 and channels_in == channels_out
        self.downsample = None if same else nn.Sequential(*_conv_bn(channels_in, channels_out, 1, stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """relu(residual(x) + shortcut(x))."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNet18(nn.Module):
    """(N, 3, 224, 224) images -> (N, classes) scores."""

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1, self.bn1 = _conv_bn(3, 64, 7, 2)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Stem, four stages of two blocks, mean over the picture, one dense layer."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


MODEL = ZooModel(
    name="resnet18",
    title="ResNet-18, ImageNet form (He et al. 2015)",
    input_shape=(1, 3, 224, 224),
    preprocess=PREPROCESS,
    postprocess=Postprocess("classify"),
    weights=WeightSource("random", "random (seed 18)", seed=18),
    build=ResNet18,
)
