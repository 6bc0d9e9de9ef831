"""The project's own packages, of which a board gets what its server imports."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_ROOMS = ("compile", "models", "schedules")


def own_packages() -> dict[str, Path]:
    """The folder of each, by its name under `tilewright`."""
    found = {}
    for name in _ROOMS:
        spec = importlib.util.find_spec(f"tilewright.{name}")
        assert spec is not None and spec.submodule_search_locations
        found[name] = Path(next(iter(spec.submodule_search_locations))).resolve()
    return found
