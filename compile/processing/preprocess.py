"""Picture to network input, stated as data so that training, evaluation and a Bundle do the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from ..errors import TilewrightError
from .enhance import Enhance, enhance
from .fit import Fit, fit_picture, restore_map
from .picture import to_colour, to_grey

Channels = Literal["L", "RGB", "BGR"]
T = TypeVar("T", str, np.ndarray)


@dataclass(frozen=True)
class Preprocess:
    """Convert to `channels`, `enhance`, `fit` into `height` x `width`, then `(pixel - mean) * scale` per channel.

    Pixels run from 0 to 255; `mean` and `scale` have one entry a channel, in the order of `channels`.
    """

    height: int
    width: int
    channels: Channels
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    fit: Fit = "resize"
    enhance: Enhance = "none"

    def __post_init__(self) -> None:
        if self.enhance == "retina" and self.channels != "L":
            raise TilewrightError(f"contrast enhancement 'retina' is for grey pictures, not {self.channels}")

    def __call__(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """Pictures, each (H, W, 3) RGB or (H, W, 1) grey, uint8, of any size -> (N, C, height, width) float32.

        Raises TilewrightError for what is no picture, and for none at all.
        """
        pictures = list(pictures)
        if not pictures:
            raise TilewrightError("there is no picture to prepare")
        mean, scale = np.asarray(self.mean, np.float32), np.asarray(self.scale, np.float32)
        pixels = np.stack([self.fitted(picture) for picture in pictures])
        return np.ascontiguousarray(((pixels.astype(np.float32) - mean) * scale).transpose(0, 3, 1, 2))

    def fitted(self, picture: np.ndarray) -> np.ndarray:
        """One picture as the network will see it, still uint8: (height, width, C) in the order of `channels`."""
        if picture.ndim != 3 or picture.shape[2] not in (1, 3) or picture.dtype != np.uint8 or not picture.size:
            raise TilewrightError(
                f"a picture is uint8 of shape (H, W, 3), RGB, or (H, W, 1), grey; not {picture.dtype} {picture.shape}"
            )
        pixels = enhance(picture, self.enhance)
        pixels = to_grey(pixels) if self.channels == "L" else to_colour(pixels)
        if self.channels == "BGR":
            pixels = pixels[..., ::-1]
        fill = np.asarray(self.mean, np.float32).round().clip(0, 255).astype(np.uint8)
        return fit_picture(np.ascontiguousarray(pixels), self.height, self.width, self.fit, fill)

    def restored(self, answer: T, height: int, width: int) -> T:
        """A map of answers (h, w) as it stands in the picture of `height` x `width`; a text stays as it is."""
        return restore_map(answer, height, width, self.fit) if isinstance(answer, np.ndarray) else answer

    def to_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Preprocess:
        """The inverse of `to_json`."""
        return cls(**{**values, "mean": tuple(values["mean"]), "scale": tuple(values["scale"])})
