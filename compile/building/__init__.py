"""From an imported model to linked machine code: freeze the layout, split off the preparation, build, link."""

from .build import BuiltModel, build

__all__ = ["BuiltModel", "build"]
