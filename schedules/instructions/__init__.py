"""Instructions that schedules name themselves, because no compiler finds them: the int8 dot products, one a file."""

from __future__ import annotations

from . import vpdpbusd, vpmaddubsw
from .dot import Dot

DOTS: dict[str, Dot] = {module.DOT.name: module.DOT for module in (vpdpbusd, vpmaddubsw)}

__all__ = ["DOTS", "Dot"]
