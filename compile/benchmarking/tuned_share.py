"""How much of a Bundle's time is spent in kernels that a tuning record decided."""

from __future__ import annotations

from pathlib import Path

from ..bundle import Manifest
from .profile import profile_bundle


def tuned_share(manifest: Manifest, bundle: Path, threads: int) -> float:
    """0 to 1, by measured time; nothing is measured for a Bundle that no record took part in."""
    if not manifest.tuned_kernels:
        return 0.0
    layers = profile_bundle(bundle, threads)
    tuned = sum(layer.microseconds for layer in layers if layer.kernel.name in manifest.tuned_kernels)
    return tuned / sum(layer.microseconds for layer in layers)
