"""The modelled clock: counts of a piece of code -> cycles and seconds on a core.  Not a Raspberry Pi's time.

    cycles = issue
           + l2_lines * l2         + l2_lines_streamed * l2_streamed
           + l3_lines * l3         + l3_lines_streamed * l3_streamed
           + memory_lines * memory + memory_lines_streamed * memory_streamed
    seconds = cycles / clock

`issue` is summed over blocks of code by the plugin (issue.h); the other constants are the core's `lines` (cores.py).
docs/MODEL.md says how far to trust it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from .core_model import Core, issue_sets
from .counts import Counts

PUBLISHED = "published"


def modelled_cycles(counts: Counts, core: Core, constants: str = PUBLISHED) -> float:
    """Cycles of `counts` on `core`; `constants` names one of `variants`."""
    lines = asdict(core.lines)
    name, _, factor = constants.partition("*")
    if name in lines:
        lines[name] *= float(factor)
        constants = PUBLISHED
    return counts.issue_cycles[constants] + sum(getattr(counts, _field(name)) * cost for name, cost in lines.items())


def modelled_seconds(counts: Counts, core: Core) -> float:
    """Seconds of `counts` on one `core` at its clock."""
    return modelled_cycles(counts, core) / core.clock_hz


def variants(core: Core) -> Iterator[str]:
    """`published`, then each constant alone halved and raised by half: names for `modelled_cycles`."""
    yield from issue_sets(core.issue)
    for name, cost in asdict(core.lines).items():
        if cost:
            yield from (f"{name}*0.5", f"{name}*1.5")


def _field(line: str) -> str:
    level, _, streamed = line.partition("_")
    return f"{level}_lines_{streamed}" if streamed else f"{level}_lines"
