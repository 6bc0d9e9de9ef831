"""LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition"), for 28x28 digits.

The classic layer sizes with today's ReLU and max pooling in place of tanh and subsampling.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from . import mnist
from .model import WeightSource


class LeNet5(nn.Module):
    """(N, 1, 28, 28) digits -> (N, 10) scores."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)  # LeCun's 32x32 input is MNIST with this border
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Two convolutions, each halved by pooling, then three dense layers."""
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = functional.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(functional.relu(self.fc2(x)))


MODELS = (
    mnist.model(
        "lenet5",
        "LeNet-5, handwritten digits (LeCun et al. 1998)",
        WeightSource("packaged", "trained here on MNIST", file="lenet5.safetensors"),
        LeNet5,
    ),
)
