"""Where the kernels meet Relay: operators of our own, and the pass that brings a network into their layout."""

from __future__ import annotations

from .blocked_layout import to_blocks

__all__ = ["to_blocks"]
