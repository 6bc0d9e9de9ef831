"""What surrounds a network: picture to tensor before it, tensor to answer after it (NumPy and Pillow only)."""

from .describe import describe
from .picture import read_picture
from .postprocess import IGNORE, Answers, Postprocess
from .preprocess import Preprocess

__all__ = ["IGNORE", "Answers", "Postprocess", "Preprocess", "describe", "read_picture"]
