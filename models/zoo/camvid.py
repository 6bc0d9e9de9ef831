"""What the CamVid models share: road scenes of 480x360, which stand in a frame of multiples of 32 (the stride)."""

from __future__ import annotations

from ...compile.processing import Postprocess, Preprocess
from .imagenet import MEAN, SCALE

CLASSES = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "bicyclist"),
)
POSTPROCESS = Postprocess("segment", labels=CLASSES)


def preprocess(height: int, width: int) -> Preprocess:
    """RGB, normalized as torchvision's ImageNet encoders expect it, in the middle of a frame of height x width."""
    return Preprocess(height, width, "RGB", MEAN, SCALE, fit="inside")
