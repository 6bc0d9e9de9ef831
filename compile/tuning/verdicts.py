"""What a run was worth in each of its networks, here and on boards; and what that says of their layers."""

from __future__ import annotations

import tempfile
from collections import Counter
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
from .in_turns import Timer
from .log import Log, append, read_log
from .memory import as_built
from .network_timer import NetworkTimer
from .record import Record
from .turned import Turned
from .verdict import Verdict, verdict_on
from .waiting import cpu_that_counts


def verdicts_here(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    before: Log,
    progress: Progress,
    seconds: float = 0.0,
) -> tuple[Verdict, ...]:
    """One for each network and thread count; `before` is what was on record before the run.

    What of its layers was on record of other networks alone is by now measured in this one too, and put down; so is
    what the run measured and was clearly faster now.  With each thread count a network takes as many `seconds`.
    """

    def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
        return NetworkTimer(network, target, choice)

    peaks = {count: fma_gflops(target, count) for count in threads}
    return _Court(target, logs, host_cpu().model, timer, peaks, before, progress, seconds).hear(networks)


def verdicts_there(
    networks: Sequence[ImportedModel], run: Alone, before: Log, progress: Progress
) -> tuple[Verdict, ...]:
    """The same on one of the run's boards, whose records are of layers alone.  Raises BoardLost when none answers."""
    with tempfile.TemporaryDirectory(prefix="tilewright-networks-") as folder:

        def timer(network: ImportedModel, choice: RecordedChoice) -> Timer:
            return BoardTimer(network, run.target, choice, run.slots, Path(folder))

        peaks = {count: peak_gflops(run.target, run.slots, (count,)) for count in run.threads}
        modelled, cpu = run.clock == "modelled", run.slots.state.cpu.model
        court = _Court(run.target, run.logs, cpu, timer, peaks, before, progress, modelled=modelled, alone=True)
        return court.hear(networks)


@dataclass(frozen=True)
class _Court:
    """`cpu` names the processor that times; `alone`: its records are of layers alone, and no others are put down."""

    target: Target
    logs: Path
    cpu: str
    timer: Callable[[ImportedModel, RecordedChoice], Timer]
    peaks: Mapping[int, float]
    before: Log
    progress: Progress
    seconds: float = 0.0
    modelled: bool = False
    alone: bool = False

    def hear(self, networks: Sequence[ImportedModel]) -> tuple[Verdict, ...]:
        """The verdicts on all; what the turns say of single layers goes on record."""
        log = read_log(self.target.name, self.logs)
        before, now = (choice_of(one, require_machine(self.target)) for one in (self.before, log))
        return tuple(one for network in networks for one in self._one(network, before, now, log))

    def _one(self, network: ImportedModel, before: RecordedChoice, now: RecordedChoice, log: Log) -> list[Verdict]:
        source, timer = network.source, partial(self.timer, network)
        self.progress(f"{source.origin}: what that was worth")
        unknown = RecordedChoice((), now.machine)
        default, before, now = (as_built(one, network, self.target) for one in (unknown, before, now))
        turned = Turned(source.name, self.target, self.cpu)
        choices = (default, before, now)
        *others, last = verdict_on(source.origin, timer, self.peaks, choices, self.modelled, self.seconds, turned)
        beaten = [one for one in turned.beaten() if not _spared(from_key(one.layer), default, now)]
        append([*beaten, *(() if self.alone else self._news(source.name, log, turned, now))], self.logs)
        return [*others, replace(last, beaten=len(beaten))]

    def _news(self, network: str, log: Log, turned: Turned, choice: RecordedChoice) -> list[Record]:
        its_own, of_before = (one.of_cpu(cpu_that_counts(self.target)) for one in (log, self.before))
        now, before = (Counter(one.layer for one in its.taken_in(network)) for its in (its_own, of_before))
        found = turned.unknown_to(its_own, measured=set(now - before))
        return [one for one in found if choice.on_record(from_key(one.layer))]


def _spared(layer: Layer, *choices: RecordedChoice) -> bool:
    """Whether one of the builds took a smaller candidate there: that says nothing of the default and the winner."""
    return any(one.ground(layer) == "preferred" for one in choices)
