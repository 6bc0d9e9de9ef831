"""What the CamVid models share: road scenes of 480x360, which stand in a frame of multiples of 32 (the stride)."""

from __future__ import annotations

from ...compile.processing import Postprocess, Preprocess

CLASSES = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "bicyclist"),
)
POSTPROCESS = Postprocess("segment", labels=CLASSES)


def preprocess(height: int, width: int) -> Preprocess:
    """RGB, normalized as torchvision's ImageNet encoders expect it, in the middle of a frame of height x width."""
    return Preprocess(
        height=height,
        width=width,
        channels="RGB",
        mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
        scale=(1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)),
        fit="inside",
    )
