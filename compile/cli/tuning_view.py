"""What a tuning run shows while it runs: a live table on a terminal, a line a trial elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .console import plain_console, progress

if TYPE_CHECKING:
    from ..progress import Progress
    from ..tuning.watch import Watch
    from .console import Shown

_ROWS_BESIDE = 8  # of the terminal, for what is not the table


@contextmanager
def tuning_view() -> Iterator[tuple[Callable[[Watch], None], Progress]]:
    """What to call after each trial, and with each stage."""
    console = plain_console(stderr=True)
    if not console.is_terminal:
        with progress() as tell:
            yield _Lines(tell), tell
        return
    from rich.live import Live

    with Live(console=console, refresh_per_second=1, transient=True) as live:
        view = _Table(live, console)
        yield view.changed, view.tell


class _Table:
    def __init__(self, live, console) -> None:  # noqa: ANN001
        self._live, self._console = live, console
        self._stage = "starting"
        self._table = None
        self._lines: list[str] = []

    def changed(self, watch: Watch) -> None:
        from ..report.tuning_lines import latency_lines
        from ..report.tuning_table import tuning_table

        rows = max(3, self._console.height - _ROWS_BESIDE - len(watch.networks))
        self._table = tuning_table(watch, self._console.width, rows)
        ending = time.strftime("%H:%M:%S", time.localtime(time.time() + watch.seconds_left))
        self._lines = [f"{watch.trials} trials, {watch.left} left, done about {ending}", *latency_lines(watch)]
        self._draw()

    def tell(self, stage: str, done: int = 0, total: int = 0) -> None:
        self._stage = f"{stage} {done}/{total}" if total else stage
        self._draw()

    def _draw(self) -> None:
        from rich.console import Group
        from rich.text import Text

        parts = [self._table] if self._table is not None else []
        self._live.update(Group(*parts, *self._lines, Text(self._stage, "dim")))


class _Lines:
    """A plain log: one line for each trial that found something faster, and for the first error of a task."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._told: dict[object, tuple[float | None, int]] = {}

    def __call__(self, watch: Watch) -> None:
        import json

        from ...schedules.layers import to_key
        from ..schedule_text import config_text, layer_text

        for one in watch.tasks:
            state = (one.best, sum(one.errors.values()))
            before = self._told.get(one.task.layer, (None, 0))
            if state == before:
                continue
            self._told[one.task.layer] = state
            name = layer_text(json.loads(to_key(one.task.layer)))
            if one.winner is not None and one.best != before[0]:
                what = f"{one.best:.1f} us by {one.winner.kernel.name} {config_text(one.winner.settings)}"
            else:
                what = f"failed: {one.first_error}"
            self._shown.keep(f"{watch.trials}: {name}: {what}")
