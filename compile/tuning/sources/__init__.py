"""Which candidate to try next: one way a file."""

from __future__ import annotations

from .source import Source
from .tuner import Tuner, tuner_named

__all__ = ["Source", "Tuner", "tuner_named"]
