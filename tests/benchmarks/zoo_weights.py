"""Which weights a benchmark of speed takes."""

from __future__ import annotations

from tilewright.models import zoo


def random_where_untrained(model: str) -> str | None:
    """What `--weights` is to be for a zoo model: "random" for one without trained weights, else its own."""
    return "random" if zoo.get(model).weights.kind == "random" else None
