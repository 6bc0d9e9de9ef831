"""`tilewright bench --ladder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from ..errors import TilewrightError
from .console import json_file, print_table, progress

_ITS_OWN = {"models", "target", "threads", "weights", "data", "json", "picture", "ladder"}


def require_its_own(context: typer.Context) -> None:
    """Raise TilewrightError for an option of `bench` that a ladder does not go by."""
    for name in sorted(context.params.keys() - _ITS_OWN):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise TilewrightError(f"--{name} has no part in --ladder: leave one of them out")


def climb_ladders(
    models: Sequence[str],
    target_name: str,
    threads: Sequence[int] | None,
    weights: str | None,
    data: str | None,
    json: Path | None,
    picture: Path | None,
) -> None:
    """Print the ladder of each model, judged on `data` where that is given, and draw that of a single one."""
    from ..benchmarking.known_peaks import known_peaks
    from ..benchmarking.limits import require_cores, require_runnable
    from ..evaluating.choose import DataChoice, choose_evaluation
    from ..importing import import_model
    from ..ladder.climb import climb
    from ..report.ladder_table import draw_ladder, ladder_table
    from ..report.pictures import require_drawable
    from ..targets import resolve
    from ..tvm_stack import available_cores

    counts = list(threads or [available_cores()])
    if len(counts) > 1:
        raise TilewrightError("--ladder climbs with one thread count: --threads 2")
    count = counts[0]
    if picture is not None and len(models) > 1:
        raise TilewrightError("--picture draws one model's ladder: name one model")
    if picture is not None:
        require_drawable(picture)
    require_cores(counts)
    require_runnable(target_name, boards=False)
    peaks = known_peaks(target_name, count)
    with json_file(json) as write:
        found = {}
        for model in models:
            with progress() as tell:
                imported = import_model(model, weights=weights, check=False)
                plan = choose_evaluation(imported.source, DataChoice(data), required=True).plan if data else None
                found[model] = list(climb(imported, resolve(target_name), count, plan, tell))
            print_table(ladder_table(model, found[model], peaks))
            if picture is not None:
                draw_ladder(model, found[model], peaks, picture)
        write({model: [asdict(step) for step in steps] for model, steps in found.items()})
