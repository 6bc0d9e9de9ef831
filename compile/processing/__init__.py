"""What surrounds a network: image to tensor before it, tensor to answer after it (NumPy and Pillow only)."""

from .postprocess import Postprocess
from .preprocess import Preprocess

__all__ = ["Postprocess", "Preprocess"]
