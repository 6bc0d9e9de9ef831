"""tilewright's pipeline: a trained model becomes a checked, measured module for a CPU.

>>> from tilewright.compile import compile_model, load_bundle
>>> compile_model("resnet18", "resnet18.bundle", target="native")
>>> load_bundle("resnet18.bundle").run({"input": image})["output"]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .benchmarking import benchmark_model
    from .bundle import load_bundle
    from .importing import import_model
    from .pipeline import compile_model

# Imported when asked for: a board that only loads Bundles has none of what the compiler imports.
_HOMES = {
    "benchmark_model": ".benchmarking",
    "compile_model": ".pipeline",
    "import_model": ".importing",
    "load_bundle": ".bundle",
}

__all__ = ["benchmark_model", "compile_model", "import_model", "load_bundle"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)
