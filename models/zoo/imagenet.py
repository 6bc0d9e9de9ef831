"""What the ImageNet models share: the 224x224 RGB input as torchvision's weights expect it."""

from __future__ import annotations

from ...compile.processing import Preprocess

# torchvision's mean and standard deviation, on a scale from 0 to 255.
PREPROCESS = Preprocess(
    height=224,
    width=224,
    channels="RGB",
    mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
    scale=(1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)),
)
