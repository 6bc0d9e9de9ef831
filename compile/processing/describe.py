"""An answer in words."""

from __future__ import annotations

import numpy as np

from .postprocess import Postprocess

_LEAST_SHARE = 0.01  # classes below it are left out


def describe(answer: str | np.ndarray, postprocess: Postprocess) -> str:
    """The text itself, or how much of a map belongs to each class, the largest first: "road 31 %, sky 20 %"."""
    if isinstance(answer, str):
        return answer
    if postprocess.kind == "foreground":
        return f"{postprocess.name_of(0, 'foreground')} {np.mean(answer > 0.5):.1%}"
    classes, counts = np.unique(answer, return_counts=True)
    shares = sorted(zip(counts / answer.size, classes, strict=True), reverse=True)
    return ", ".join(
        f"{postprocess.name_of(int(index))} {share:.0%}" for share, index in shares if share >= _LEAST_SHARE
    )
