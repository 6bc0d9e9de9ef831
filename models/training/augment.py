"""Small random changes to a batch of images, so that a network does not learn the training images by heart."""

from __future__ import annotations

import math

import torch
from torch.nn import functional


def jitter(
    images: torch.Tensor,
    generator: torch.Generator,
    degrees: float = 10.0,
    shift: float = 0.1,
    zoom: float = 0.1,
) -> torch.Tensor:
    """Turn, move and scale each image of (N, C, H, W) by its own random amount; same shape.

    `degrees` is the largest turn either way, `shift` the largest move as a share of the size, `zoom` the largest
    change of size.  Bilinear; what comes in from outside repeats the border.
    """
    count = len(images)

    def uniform(limit: float) -> torch.Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * limit

    angle, size = uniform(math.radians(degrees)), 1 + uniform(zoom)
    cosine, sine = torch.cos(angle) * size, torch.sin(angle) * size
    rows = (cosine, -sine, uniform(2 * shift), sine, cosine, uniform(2 * shift))
    affine = torch.stack(rows, dim=1).reshape(count, 2, 3)
    grid = functional.affine_grid(affine, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
