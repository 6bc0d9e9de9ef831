"""What the records of like layers and of sibling targets save: trials until a layer is near its best.

    python tests/benchmarks/transfer.py LOGS rpi4

LOGS holds all candidates of the layers, as `tilewright tune --tuner kernels` leaves them there; on a modelled clock a
candidate takes the same each time, so that the order of the trials is all that has to be tried here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import mean

import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import read_records
from tilewright.compile.tuning.transfer import Experience
from tilewright.schedules import machines
from tilewright.schedules.layers import Layer, from_key

NEAR = (1.10, 1.02)  # times the best
_LEAST = 4  # candidates of a layer, or there is nothing to put in order
Order = Callable[[Layer, Sequence], Sequence]


def _layers(target_name: str, logs: Path) -> Iterator[tuple[Layer, list, dict[str, float]]]:
    """Each layer with its candidates as they are listed, and the microseconds of each."""
    from tilewright.schedules.kernels import candidates

    times: dict[str, dict[str, float]] = defaultdict(dict)
    for record in read_records(target_name, logs):
        times[record.layer][record.candidate] = record.microseconds
    for key, taken in times.items():
        layer = from_key(key)
        listed = [
            one for one in candidates(layer, machines.get(str(resolve(target_name).machine))) if one.name in taken
        ]
        if len(listed) >= _LEAST:
            yield layer, listed, taken


def _trials(order: Sequence, taken: dict[str, float], near: float) -> int:
    """How many until one takes at most `near` times the best's time."""
    limit = near * min(taken[one.name] for one in order)
    return next(number for number, one in enumerate(order, 1) if taken[one.name] <= limit)


def main(logs: Path, target: str) -> None:
    """Print the table."""
    known = Experience(resolve(target), logs)
    orders: dict[str, Order] = {
        "as the kernels list them": lambda layer, listed: listed,
        "like layers first": lambda layer, listed: known.without(layer, siblings=False).order(layer, listed),
        "and sibling targets": lambda layer, listed: known.without(layer).order(layer, listed),
    }
    layers = list(_layers(target, logs))
    table = Table(
        title=f"{target}: {len(layers)} layers, {mean(len(listed) for _, listed, _ in layers):.0f} candidates each"
    )
    for column in ("", *(f"trials to {near - 1:.0%} of the best" for near in NEAR), "first trial, times the best"):
        table.add_column(column, justify="right" if column else "left")
    for name, order in orders.items():
        sorted_ = [(order(layer, listed), taken) for layer, listed, taken in layers]
        trials = [f"{mean(_trials(each, taken, near) for each, taken in sorted_):.1f}" for near in NEAR]
        first = mean(taken[each[0].name] / min(taken[one.name] for one in each) for each, taken in sorted_)
        table.add_row(name, *trials, f"{first:.2f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
