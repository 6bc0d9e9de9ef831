"""What a run was worth in each of its networks, here and on boards; and what that says of their layers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...schedules.layers import Layer, from_key
from ..benchmarking.peaks import fma_gflops
from ..cpu import host_cpu
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from .alone.peak import peak_gflops
from .alone.run import Alone
from .board_timer import BoardTimer
from .choice import RecordedChoice
from .choose import choice_of, require_machine
from .log import Log, append, read_log
from .memory import as_built
from .network_timer import NetworkTimer
from .turned import Turned
from .verdict import Timer, Verdict, verdict_on
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
    return _Court(target, logs, host_cpu().model, timer, peaks, before, progress).hear(networks)


def verdicts_there(
    networks: Sequence[ImportedModel], run: Alone, before: RecordedChoice, progress: Progress
) -> tuple[Verdict, ...]:
    """The same on one of the run's boards, whose records are of layers alone.  Raises BoardLost when none answers."""
    with tempfile.TemporaryDirectory(prefix="tilewright-networks-") as folder:

        def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
            return BoardTimer(network, run.target, choice, run.slots, Path(folder))

        peaks = {count: peak_gflops(run.target, run.slots, (count,)) for count in run.threads}
        modelled = run.clock == "modelled"
        cpu = run.slots.state.cpu.model
        return _Court(run.target, run.logs, cpu, timer, peaks, before, progress, modelled, alone=True).hear(networks)


@dataclass(frozen=True)
class _Court:
    """`cpu` names the processor that times; `alone`: its records are of layers alone, and no others are put down."""

    target: Target
    logs: Path
    cpu: str
    timer: Callable[[ImportedModel, RecordedChoice], Timer]
    peaks: Mapping[int, float]
    before: RecordedChoice
    progress: Progress
    modelled: bool = False
    alone: bool = False

    def hear(self, networks: Sequence[ImportedModel]) -> tuple[Verdict, ...]:
        """The verdicts on all; what the turns say of single layers goes on record."""
        log = read_log(self.target.name, self.logs)
        now = choice_of(log, require_machine(self.target))
        its_own = log.of_cpu(cpu_that_counts(self.target))
        return tuple(one for network in networks for one in self._one(network, now, its_own))

    def _one(self, network: ImportedModel, now: RecordedChoice, log: Log) -> list[Verdict]:
        source, timer = network.source, partial(self.timer, network)
        self.progress(f"{source.origin}: what that was worth")
        unknown = RecordedChoice((), now.machine)
        default, before, now = (as_built(one, network, self.target) for one in (unknown, self.before, now))
        turned = Turned(source.name, self.target, self.cpu)
        *others, last = verdict_on(source.origin, timer, self.peaks, (default, before, now), self.modelled, turned)
        beaten = [one for one in turned.beaten() if not _spared(from_key(one.layer), default, now)]
        append([*beaten, *(() if self.alone else turned.unknown_to(log))], self.logs)
        return [*others, replace(last, beaten=len(beaten))]


def _spared(layer: Layer, *choices: RecordedChoice) -> bool:
    """Whether one of the builds took a smaller candidate there: that says nothing of the default and the winner."""
    return any(one.ground(layer) == "preferred" for one in choices)
