"""The nearest take turns inside their network."""

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.budget import Budget
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.log import read_log
from tilewright.compile.tuning.play_off import _take_turns
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.schedules import machines

HERE = resolve("native")


@pytest.mark.slow
def test_where_the_time_is_over_the_best_and_the_next_take_one_turn(imported_lenet5, tmp_path):
    """Six builds of a large network had taken minutes more."""
    unknown = RecordedChoice((), machines.get(HERE.machine))
    task = max(tasks_of([imported_lenet5], HERE, unknown), key=lambda one: len(one.candidates))
    contested, over = {task.layer: task.candidates[:4]}, Budget(seconds=0.0)
    count = _take_turns(imported_lenet5, HERE, (1,), tmp_path, contested, unknown, over)
    found = read_log(HERE.name, tmp_path).records
    assert [one.candidate for one in found] == [one.name for one in task.candidates[:2]] and count == 2
