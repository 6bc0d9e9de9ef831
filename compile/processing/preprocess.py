"""Image to network input, stated as data so that training, evaluation and a Bundle do the same."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import TilewrightError

Channels = Literal["L", "RGB", "BGR"]


@dataclass(frozen=True)
class Preprocess:
    """Decode to `channels`, resize to `height` x `width`, then `(pixel - mean) * scale` per channel.

    Pixels run from 0 to 255; `mean` and `scale` have one entry a channel, in the order of `channels`.
    The result is float32, NCHW.
    """

    height: int
    width: int
    channels: Channels
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """(N, H, W, C) or (N, H, W) uint8, channels in the order of `channels` -> (N, C, H, W) float32.

        Raises TilewrightError when the images do not have this size.
        """
        pixels = images if images.ndim == 4 else images[..., np.newaxis]
        expected = (self.height, self.width, len(self.mean))
        if pixels.shape[1:] != expected:
            raise TilewrightError(f"images have shape {pixels.shape[1:]}, the model takes {expected} (H, W, C)")
        mean = np.asarray(self.mean, np.float32)
        scale = np.asarray(self.scale, np.float32)
        return np.ascontiguousarray(((pixels.astype(np.float32) - mean) * scale).transpose(0, 3, 1, 2))

    def decode(self, path: Path) -> np.ndarray:
        """Read one image file and resize it (bilinear, only when it differs) -> (H, W, C) uint8."""
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(path) as image:
                picture = image.convert("L" if self.channels == "L" else "RGB")
        except FileNotFoundError:
            raise TilewrightError(f"{path}: no such file") from None
        except (UnidentifiedImageError, OSError) as error:
            raise TilewrightError(f"{path}: not an image that Pillow can read ({error})") from None
        if picture.size != (self.width, self.height):
            picture = picture.resize((self.width, self.height), Image.Resampling.BILINEAR)
        pixels = np.asarray(picture)
        if self.channels == "BGR":
            pixels = pixels[..., ::-1]
        return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Preprocess:
        """The inverse of `to_json`."""
        return cls(**{**values, "mean": tuple(values["mean"]), "scale": tuple(values["scale"])})
