"""Small random changes to a batch of pictures, so that a network does not learn the training pictures by heart."""

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


def flip(images: torch.Tensor, generator: torch.Generator, maps: torch.Tensor | None = None) -> torch.Tensor:
    """Mirror half of (N, C, H, W), left to right, in place; `maps` (N, H, W) with them."""
    chosen = torch.rand(len(images), generator=generator) < 0.5
    images[chosen] = images[chosen].flip(-1)
    if maps is not None:
        maps[chosen] = maps[chosen].flip(-1)
    return images


def shift(images: torch.Tensor, generator: torch.Generator, most: int = 4) -> torch.Tensor:
    """Move each image of (N, C, H, W) by up to `most` pixels either way; the border is mirrored into the gap."""
    height, width = images.shape[-2:]
    padded = functional.pad(images, (most,) * 4, mode="reflect")
    result = torch.empty_like(images)
    offsets = torch.randint(0, 2 * most + 1, (2, len(images)), generator=generator).tolist()
    for index, (down, across) in enumerate(zip(*offsets, strict=True)):
        result[index] = padded[index, :, down : down + height, across : across + width]
    return result


def turn(images: torch.Tensor, maps: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn a whole batch of square pictures (N, C, H, W) and maps (N, H, W) by 0, 90, 180 or 270 degrees."""
    quarters = int(torch.randint(0, 4, (), generator=generator))
    return images.rot90(quarters, (-2, -1)), maps.rot90(quarters, (-2, -1))


def zoom_crop(
    images: torch.Tensor,
    maps: torch.Tensor,
    size: tuple[int, int],
    generator: torch.Generator,
    largest: float = 1.6,
    ignore: int = 255,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale a batch by one random factor (1 / `largest` to `largest`) and cut `size` out at random places.

    Pictures (N, C, H, W) are scaled bilinearly, maps (N, H, W) by repetition; what lies outside is 0 and `ignore`.
    """
    factor = largest ** (2 * float(torch.rand((), generator=generator)) - 1)
    scaled = [round(side * factor) for side in images.shape[-2:]]
    images = functional.interpolate(images, size=scaled, mode="bilinear", align_corners=False, antialias=True)
    maps = functional.interpolate(maps[:, None].float(), size=scaled, mode="nearest-exact")[:, 0].long()
    lack = [max(0, want - have) for want, have in zip(size, scaled, strict=True)]
    border = (lack[1] // 2, lack[1] - lack[1] // 2, lack[0] // 2, lack[0] - lack[0] // 2)
    images, maps = functional.pad(images, border), functional.pad(maps, border, value=ignore)
    room = [have - want + 1 for want, have in zip(size, images.shape[-2:], strict=True)]
    pictures, truths = [], []
    for picture, truth in zip(images, maps, strict=True):
        top, left = (int(torch.randint(0, free, (), generator=generator)) for free in room)
        window = (slice(top, top + size[0]), slice(left, left + size[1]))
        pictures.append(picture[(slice(None), *window)])
        truths.append(truth[window])
    return torch.stack(pictures), torch.stack(truths)
