"""Tune networks: gather what there is to measure, choose how, measure, and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..benchmarking.limits import require_cores, require_runnable
from ..boards.lost import BoardLost
from ..errors import TilewrightError
from ..importing import ImportedModel
from ..progress import Progress, silent
from ..tvm_stack import available_cores
from .alone.check import unchecked
from .alone.run import Alone
from .alone.runner import TRIAL_SECONDS
from .alone.slots import open_slots
from .alone.tune import check_alone, tune_alone
from .board_timer import NETWORK_SECONDS
from .choose import require_choice, require_machine
from .for_network import not_tuned
from .in_network import tune_in_network
from .log import Log, read_log
from .network_watch import watch_networks
from .options import Tuned, TuneOptions
from .play_off import play_off
from .sources import Tuner, tuner_named
from .tasks import Task, tasks_of
from .verdict import Verdict
from .verdicts import verdicts_here, verdicts_there
from .watch import Watch

_ROUNDS, _ALONE = 0.6, 0.6  # of the time left, in turn: the last 16 % and more are the play-off's
_TURNS = 0.1  # of the time that a run has taken, for each thread count: how long its networks are timed at the end
Changed = Callable[[Watch], None]


def tune_networks(
    networks: Sequence[ImportedModel],
    options: TuneOptions,
    changed: Changed = lambda watch: None,
    progress: Progress = silent,
) -> Tuned:
    """Measure what `options.logs` has no answer for yet.  Raises TilewrightError for what cannot be tuned."""
    if not options.board.any:
        require_runnable(options.target.name)
        options = replace(options, threads=options.threads or tuple({1, min(2, available_cores())}))
        require_cores(options.threads or ())
    options = replace(options, budget=options.budget.before_the_end(len(networks)))
    run = _Run(tuple(networks), options, tuner_named(options.tuner), changed, progress)
    before, began = run.log(), time.monotonic()
    require_machine(options.target)
    if options.board.any:
        watch, modelled = run.alone(run.tasks())
        verdicts, lost = run.verdicts_there(before)
    else:
        watch, modelled, lost = run.here(), False, ()
        seconds = _TURNS * (time.monotonic() - began) / len(networks)
        verdicts = verdicts_here(networks, options.target, run.threads, options.logs, before, progress, seconds)
    left_out = filter(None, (not_tuned(one, options.target) for one in networks))
    return Tuned(run.came_in(before), watch, modelled, (*before.passed_over, *left_out, *lost), verdicts)


@dataclass(frozen=True)
class _Run:
    networks: tuple[ImportedModel, ...]
    options: TuneOptions
    tuner: Tuner
    changed: Changed
    progress: Progress

    def log(self) -> Log:
        """What it holds now."""
        return read_log(self.options.target.name, self.options.logs)

    def tasks(self) -> list[Task]:
        """The layers of all networks: the same ones whatever is on record."""
        target, logs = self.options.target, self.options.logs
        return tasks_of(self.networks, target, require_choice(target, logs))

    @property
    def threads(self) -> tuple[int, ...]:
        """Thread counts here; on a board `alone` asks it."""
        return self.options.threads or ()

    def here(self) -> Watch:
        """Our kernels inside the networks, all else alone; then what came near the best of a layer takes turns."""
        tuner, budget = self.tuner, self.options.budget
        where = (self.networks, self.options.target, self.threads, self.options.logs)
        self.progress("what there is to tune")
        tasks = self.tasks()
        watch = watch_networks(tasks, self.options.target, self.threads, self.log(), tuner, budget, self.changed)
        if tuner.in_network:
            if watch.left:  # a record that does not build would spoil each round
                self._check(watch, trial=True)
            budget = budget.less(
                tune_in_network(*where, watch, budget.part(_ROUNDS), self.progress, self.options.transfer)
            )
            tuner = replace(tuner, kernels=False, templates=False)
        if tuner != Tuner() and budget.left(0):
            options = replace(self.options, budget=budget.part(_ALONE))
            alone, _ = replace(self, options=options, tuner=tuner).alone(tasks, watch.peak_gflops)
            watch.add(alone)
            budget = budget.less(alone.trials)
        if budget.left(0):
            play_off(*where, budget, self.progress)
        if unchecked(watch, self.options.target, self.options.logs):
            self._check(watch, trial=False)
        watch.settle(require_choice(self.options.target, self.options.logs))
        return watch

    def _check(self, watch: Watch, trial: bool) -> None:
        with self.board() as run:
            check_alone(watch, run, trial, self.progress)

    def alone(self, tasks: Sequence[Task], peak_gflops: float | None = None) -> tuple[Watch, bool]:
        """Kernels measured alone, here or on boards; and whether by a modelled clock."""
        with self.board(peak_gflops) as run:
            return tune_alone(tasks, run, self.changed, self.progress), run.clock == "modelled"

    def verdicts_there(self, before: Log) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
        """What the run was worth; or why that is not known, where the last board is gone by now.

        What it measured is on record, and not lost with the board.
        """
        try:
            with self.board(seconds=NETWORK_SECONDS, boxes=1) as board:
                return verdicts_there(self.networks, board, before, self.progress), ()
        except BoardLost as error:
            return (), (f"the networks themselves were not timed: {error}",)

    @contextmanager
    def board(
        self, peak_gflops: float | None = None, seconds: int = TRIAL_SECONDS, boxes: int | None = None
    ) -> Iterator[Alone]:
        """What measures kernels alone: sessions of at most so many `seconds`, here or on boards."""
        options = self.options
        with open_slots(options.board, options.target, seconds, boxes or options.boxes, self.progress) as slots:
            modelled = slots.state.core is not None
            threads = options.threads or ((1,) if modelled else (1, slots.state.cpu.cores))
            if modelled and threads != (1,):
                raise TilewrightError("a board in a box models the clock of one thread: leave --threads out")
            log, unique = self.log(), tuple(dict.fromkeys(threads))
            yield Alone(
                options.target,
                unique,
                slots,
                options.logs,
                log,
                self.tuner,
                options.budget,
                peak_gflops,
                options.transfer,
            )

    def came_in(self, before: Log) -> int:
        """Records since then."""
        return len(self.log().records) - len(before.records)
