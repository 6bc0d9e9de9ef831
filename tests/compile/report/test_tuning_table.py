"""The table of a tuning run, on terminals of several widths."""

from collections import Counter

import pytest
from rich.console import Console
from tilewright.compile.report.tuning_table import tuning_table
from tilewright.compile.tuning.progressing import Progressing
from tilewright.compile.tuning.tasks import Task
from tilewright.compile.tuning.watch import Watch
from tilewright.schedules.layers import Dense


def _watch():
    layers = [Dense(1, 1000, 1000), Dense(1, 3000, 1000)]
    states = [Progressing(Task(layer, (), (), None, Counter({"a network": 2})), 7, 1234.5) for layer in layers]
    for one, microseconds in zip(states, (500.0, 1000.0), strict=True):
        one.best, one.trials = microseconds, 12
    states[1].failed("build", "too large")
    return Watch(states, peak_gflops=10.0)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_numbers_are_never_cut(width):
    console = Console(width=width, color_system=None)
    with console.capture() as shown:
        console.print(tuning_table(_watch(), width))
    head, first, second = shown.get().splitlines()
    assert max(map(len, (head, first, second))) <= width
    assert "1000.0  1.23x" in first and first.split()[-5:] == ["60%", "13", "7", "1", "build"], "2 x 3 MFLOP in a ms"
    assert " 500.0  2.47x" in second and second.split()[-3:] == ["40%", "12", "7"]
    assert ("1234.5" in first and "GFLOP/s" in head) == (width >= 120)
    assert ("config" in head) == (width == 200)


def test_a_table_that_is_too_long():
    console = Console(width=200, color_system=None)
    with console.capture() as shown:
        console.print(tuning_table(_watch(), 200, rows=1))
    assert shown.get().splitlines()[-1].strip() == "and 1 more"
