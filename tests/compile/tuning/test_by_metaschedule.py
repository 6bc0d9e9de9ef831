"""MetaSchedule's search goes on where it was: what is on record, or failed, is not proposed again."""

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.sources.by_metaschedule import ByMetaSchedule, Traced
from tilewright.compile.tuning.sources.cost_model import CostModel
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.layers import Conv2d

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import traceable  # noqa: E402

TARGET = resolve("x86-avx2")
LAYER = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


def search(folder, traced):
    return ByMetaSchedule(LAYER, traceable(LAYER), traced, TARGET, CostModel(folder))


@pytest.mark.slow
def test_a_run_that_was_killed_measures_nothing_twice(tmp_path):
    """After eight trials, half of which failed: the same seed finds the same eight first."""
    first = search(tmp_path / "first", Traced(left=32)).next(8)
    known = tuple((one, 1e-5 * number) for number, one in enumerate(first[:4], 1))
    tried = frozenset(one.name for one in first)
    again, left = search(tmp_path / "again", Traced(known, 24, tried)), 24
    found = []
    while proposed := again.next(8):
        found += proposed
        left -= len(proposed)
        for one in proposed:
            again.tell(one, 2e-5, 1.0)
        assert again.left == left
    assert len({one.name for one in found}) == len(found) == 24
    assert not tried & {one.name for one in found}
