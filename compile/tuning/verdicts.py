"""What a run was worth in each of its networks, here and on boards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..benchmarking.call_times import Calls
from ..benchmarking.peaks import fma_gflops
from ..bundle.manifest import KernelRecord
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from .alone.peak import peak_gflops
from .alone.run import Alone
from .board_timer import BoardTimer
from .choice import RecordedChoice, require_choice
from .log import append, read_log
from .network_timer import NetworkTimer, records_of_calls
from .verdict import Keep, Timer, Verdict, verdict_on
from .waiting import cpu_that_counts


def verdicts_here(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    before: RecordedChoice,
    progress: Progress,
) -> tuple[Verdict, ...]:
    """One for each network and thread count; `before` is by what was on record before the run.

    What of its layers was on record of other networks alone is by now measured in this one too, and put down.
    """

    def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
        return NetworkTimer(network, target, choice)

    peaks = {count: fma_gflops(target, count) for count in threads}
    keeper = partial(_keeper, target, logs)
    return _verdicts(networks, timer, peaks, before, require_choice(target, logs), progress, keeper=keeper)


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
    keeper: Callable[[str], Keep] | None = None,
) -> tuple[Verdict, ...]:
    found: list[Verdict] = []
    for network in networks:
        source, its = network.source, partial(timer, network)
        progress(f"{source.origin}: what that was worth")
        choices = (before.in_network(source.name), now.in_network(source.name))
        keep = {"keep": keeper(source.name)} if keeper else {}
        found += verdict_on(source.origin, its, peaks, *choices, modelled, **keep)
    return tuple(found)


def _keeper(target: Target, logs: Path, network: str) -> Keep:
    """Puts down what is not on record of this network, of layers that have been tuned."""
    log = read_log(target.name, logs).of_cpu(cpu_that_counts(target))
    tuned = {one.layer for one in log.records}
    known = {(one.layer, one.candidate, one.threads) for one in log.taken_in(network)}

    def keep(calls: Calls, kernels: tuple[KernelRecord, ...], threads: int) -> None:
        taken = records_of_calls(calls, kernels, network, target, threads)
        new = [one for one in taken if (one.layer, one.candidate, one.threads) not in known]
        append([one for one in new if one.layer in tuned], logs)
        known.update((one.layer, one.candidate, one.threads) for one in new)

    return keep
