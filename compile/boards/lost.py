"""The error that another board may not have."""

from __future__ import annotations

from ..errors import CheckFailed


class BoardLost(CheckFailed):
    """The board, or the way to it, is gone: the same work may succeed on another board."""
