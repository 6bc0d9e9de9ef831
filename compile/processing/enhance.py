"""What is done to a picture's contrast before a network sees it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .clahe import clahe

Enhance = Literal["none", "retina"]
_GREY_WEIGHTS = (0.299, 0.587, 0.114)
_GAMMA = 1.2


def enhance(picture: np.ndarray, how: Enhance) -> np.ndarray:
    """A picture (H, W, C) uint8 as it is, or enhanced.

    "retina": (H, W, 3) or (H, W, 1) -> (H, W, 1), as orobix/retina-unet prepares a photograph of the retina: to grey
    without rounding, stretched to 0..255, CLAHE (clip limit 2, 8 x 8 tiles), gamma 1.2.  (Its z-score over the data
    set, before the stretch, is undone by it.)
    """
    if how == "none":
        return picture
    grey = picture @ np.array(_GREY_WEIGHTS) if picture.shape[2] == 3 else picture[..., 0].astype(np.float64)
    low, high = grey.min(), grey.max()
    stretched = ((grey - low) / max(high - low, 1.0) * 255).astype(np.uint8)
    table = ((np.arange(256) / 255) ** (1 / _GAMMA) * 255).astype(np.uint8)
    return table[clahe(stretched)][..., np.newaxis]
