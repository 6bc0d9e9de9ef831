"""What the records of like layers and of sibling targets save: trials until a layer is near its best.

    python tests/benchmarks/transfer.py LOGS rpi4

LOGS holds all candidates of the layers, as `tilewright tune --tuner kernels` leaves them there; on a modelled clock a
candidate takes the same each time, so that the order of the trials is all that has to be tried here.  AutoTVM's
tuner with XGBoost's model starts from the same: a random order else.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import read_records
from tilewright.compile.tuning.sources.by_autotvm import ByAutoTvm
from tilewright.compile.tuning.tasks import Task
from tilewright.compile.tuning.transfer import Experience
from tilewright.schedules import machines
from tilewright.schedules.layers import Layer, from_key

NEAR = (1.10, 1.02)  # times the best
_LEAST = 4  # candidates of a layer, or there is nothing to put in order
Times = Mapping[str, float]
Order = Callable[[Layer, Sequence, Times], Sequence]


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


def _by_xgboost(target_name: str, known: Callable[[Layer], Experience]) -> Order:
    """In the order in which AutoTVM's tuner proposes them, told the time of each."""

    def order(layer: Layer, listed: Sequence, taken: Times) -> Sequence:
        random.seed(0)  # AutoTVM draws from both
        np.random.seed(0)
        task = Task(layer, listed, (), None, Counter())
        merits = known(layer).merits(layer, listed)
        source, found = ByAutoTvm(task, listed, {}, resolve(target_name), "xgboost", merits=merits), []
        while proposed := source.next(1):
            source.tell(*proposed, taken[proposed[0].name] / 1e6, 1.0)
            found += proposed
        return found

    return order


def _trials(order: Sequence, taken: dict[str, float], near: float) -> int:
    """How many until one takes at most `near` times the best's time."""
    limit = near * min(taken[one.name] for one in order)
    return next(number for number, one in enumerate(order, 1) if taken[one.name] <= limit)


def main(logs: Path, target: str) -> None:
    """Print the table."""
    known = Experience(resolve(target), logs)
    orders: dict[str, Order] = {
        "as the kernels list them": lambda layer, listed, taken: listed,
        "like layers first": lambda layer, listed, taken: known.without(layer, siblings=False).order(layer, listed),
        "and sibling targets": lambda layer, listed, taken: known.without(layer).order(layer, listed),
        "XGBoost": _by_xgboost(target, lambda layer: Experience()),
        "from like layers": _by_xgboost(target, lambda layer: known.without(layer, siblings=False)),
        "and sibling targets ": _by_xgboost(target, lambda layer: known.without(layer)),
    }
    layers = list(_layers(target, logs))
    table = Table(
        title=f"{target}: {len(layers)} layers, {mean(len(listed) for _, listed, _ in layers):.0f} candidates each"
    )
    for column in ("", *(f"trials to {near - 1:.0%} of the best" for near in NEAR), "first trial, times the best"):
        table.add_column(column, justify="right" if column else "left")
    for name, order in orders.items():
        sorted_ = [(order(layer, listed, taken), taken) for layer, listed, taken in layers]
        trials = [f"{mean(_trials(each, taken, near) for each, taken in sorted_):.1f}" for near in NEAR]
        first = mean(taken[each[0].name] / min(taken[one.name] for one in each) for each, taken in sorted_)
        table.add_row(name, *trials, f"{first:.2f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
