"""TVM's Python package without its compiler, sources and headers: what a board needs beside the runtime library."""

from __future__ import annotations

import shutil
from pathlib import Path

# Folders of the wheel with no Python in them that a runtime imports.
_LEFT_OUT = {"3rdparty", "cmake", "configs", "golang", "include", "jvm", "rust", "src", "web", "__pycache__"}


def copy_python_package(tvm: Path, to: Path) -> None:
    """Copy the .py files of the installed package at `tvm` to the folder `to`, what is there already replaced."""
    for source in sorted(tvm.rglob("*.py")):
        inside = source.relative_to(tvm)
        if _LEFT_OUT.isdisjoint(inside.parts[:1]):
            target = to / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
