"""A pruning run on disk after each step: what it needs to go on after a kill as if nothing had happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ....compile.errors import TilewrightError
from ...training.checkpoint import other_settings, same_run, write_state


@dataclass(frozen=True)
class SavedStep:
    """After `chosen`'s steps: the channels that went in each, the network's weights, and the log so far."""

    made_of: dict[str, Any]
    chosen: list[dict[str, list[int]]] = field(default_factory=list)
    state: dict[str, torch.Tensor] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Raises TilewrightError when `path` cannot be written."""
        write_state(path, vars(self))


def read_saved(path: Path, made_of: dict[str, Any]) -> SavedStep:
    """What `path` holds; an empty one where there is none.

    Raises TilewrightError when it is of a run with another recipe, or damaged.
    """
    if not path.exists():
        return SavedStep(made_of)
    try:
        saved = SavedStep(**torch.load(path, weights_only=True))
    except Exception:  # a damaged file makes the parser raise almost anything
        raise TilewrightError(f"{path} is damaged: delete it") from None
    if not same_run(saved.made_of, made_of):
        raise other_settings(path)
    return saved
