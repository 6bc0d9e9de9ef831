"""How much of a Bundle's time no tuning could still change: a record decided, or there is nothing to choose."""

from __future__ import annotations

from pathlib import Path

from ..bundle import Manifest
from .profile import profile_bundle


def tuned_share(manifest: Manifest, bundle: Path, threads: int) -> float:
    """0 to 1, by measured time; nothing is measured for a Bundle that no record took part in."""
    if not manifest.tuned_kernels:
        return 0.0
    layers = profile_bundle(bundle, threads)
    open_ = [one for one in layers if one.kernel.schedule and one.kernel.name not in manifest.tuned_kernels]
    return 1 - sum(one.microseconds for one in open_) / sum(one.microseconds for one in layers)
