"""What a tuning run says of each network: its latency, how much of it is tuned, and what would pay next."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...schedules.layers import to_key
from ..schedule_text import layer_text
from ..tuning.headroom import Headroom
from ..tuning.verdict import Verdict
from ..tuning.watch import Watch


def latency_lines(watch: Watch) -> list[str]:
    """The latency that each network's layers add up to, before and now; or how many layers that is known of."""
    lines = []
    for network in watch.networks:
        now, before = watch.predicted_ms(network), watch.predicted_ms(network, before=True)
        if now is not None and before is not None:
            lines.append(f"{network}: its layers add up to {now:.4g} ms, {before / now:.2f} times as fast as before")
        else:
            its = watch.tasks_of(network)
            known = sum(one.best is not None for one in its)
            lines.append(f"{network}: {known} of its {len(its)} layers are measured")
    return lines


def verdict_lines(verdicts: Sequence[Verdict], clock: str = "") -> list[str]:
    """What a run was worth, and what would pay next; milliseconds of all kernels of a run, by the `clock` named."""
    lines = []
    for one in verdicts:
        lines.append(
            f"{one.network}, {one.threads} thread(s): {one.default:.4g} ms with the kernels' defaults, "
            f"{one.before:.4g} before, {one.now:.4g} now (its records add up to {one.predicted:.4g}); "
            f"{one.tuned:.0%} of the time is tuned{clock}"
        )
        lines += _next(one.next)
        if one.beaten:
            lines.append(
                f"{one.network}: {one.beaten} of its layers take the kernels' default again, which was faster in turns"
            )
    return lines


def _next(layers: Sequence[Headroom]) -> list[str]:
    words = [
        f"{layer_text(json.loads(to_key(one.layer)))} ({one.share:.0%} of the time, at {one.of_peak:.0%} of the peak)"
        for one in layers
    ]
    return [f"  would pay next: {', '.join(words)}"] if words else []
