"""What pruning a network came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .size import Size


@dataclass(frozen=True)
class Pruned:
    """Sizes and accuracies (on the calibration part; None without data) before and after, and the log's lines."""

    before: Size
    after: Size
    accuracy_before: float | None
    accuracy_after: float | None
    log: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Plain values: what there is now, and what there was."""
        before = {f"{name}_before": value for name, value in vars(self.before).items()}
        return {
            **vars(self.after),
            "accuracy": self.accuracy_after,
            **before,
            "accuracy_before": self.accuracy_before,
        }
