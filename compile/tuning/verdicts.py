"""What a run was worth in each of its networks, here and on boards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..benchmarking.peaks import fma_gflops
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from .alone.peak import peak_gflops
from .alone.run import Alone
from .board_timer import BoardTimer
from .choice import RecordedChoice, require_choice
from .network_timer import NetworkTimer
from .verdict import Timer, Verdict, verdict_on


def verdicts_here(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    before: RecordedChoice,
    progress: Progress,
) -> tuple[Verdict, ...]:
    """One for each network and thread count; `before` is by what was on record before the run."""

    def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
        return NetworkTimer(network, target, choice)

    peaks = {count: fma_gflops(target, count) for count in threads}
    return _verdicts(networks, timer, peaks, before, require_choice(target, logs), progress)


def verdicts_there(
    networks: Sequence[ImportedModel], run: Alone, before: RecordedChoice, progress: Progress
) -> tuple[Verdict, ...]:
    """The same on one of the run's boards.  Raises BoardLost when none answers."""
    with tempfile.TemporaryDirectory(prefix="tilewright-networks-") as folder:

        def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
            return BoardTimer(network, run.target, choice, run.slots, Path(folder))

        peaks = {count: peak_gflops(run.target, run.slots, (count,)) for count in run.threads}
        now = require_choice(run.target, run.logs)
        return _verdicts(networks, timer, peaks, before, now, progress, run.clock == "modelled")


def _verdicts(
    networks: Sequence[ImportedModel],
    timer: Callable[[ImportedModel, RecordedChoice], Timer],
    peaks: Mapping[int, float],
    before: RecordedChoice,
    now: RecordedChoice,
    progress: Progress,
    modelled: bool = False,
) -> tuple[Verdict, ...]:
    found: list[Verdict] = []
    for network in networks:
        progress(f"{network.source.origin}: what that was worth")
        found += verdict_on(network.source.origin, partial(timer, network), peaks, before, now, modelled)
    return tuple(found)
