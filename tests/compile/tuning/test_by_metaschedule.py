"""MetaSchedule's search goes on where it was: what is on record, or failed, is not proposed again."""

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.sources.by_metaschedule import ByMetaSchedule, Traced
from tilewright.compile.tuning.sources.cost_model import CostModel
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.layers import Conv2d

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import traceable  # noqa: E402
from tilewright.schedules.traces import design_space  # noqa: E402

TARGET = resolve("x86-avx2")
LAYER = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


def search(folder, traced):
    return ByMetaSchedule(LAYER, traceable(LAYER), traced, TARGET, CostModel(folder))


@pytest.mark.slow
def test_a_run_that_was_killed_measures_nothing_twice(tmp_path, monkeypatch):
    """After eight trials, half of which failed; the search first finds all eight again, as it now and then does."""
    monkeypatch.setattr(design_space, "_POPULATION", 64)
    before = search(tmp_path / "before", Traced(left=32))
    first = before.next(8)
    known = tuple((one, 1e-5 * number) for number, one in enumerate(first[:4], 1))
    tried = frozenset(one.name for one in first)
    again = search(tmp_path / "again", Traced(known, 16, tried))
    kind, found_again = type(before._context), [list(before._asked.values())]
    really = kind.generate_measure_candidates
    monkeypatch.setattr(
        kind, "generate_measure_candidates", lambda self: found_again.pop() if found_again else really(self)
    )
    found = []
    while proposed := again.next(8):
        found += proposed
        for one in proposed:
            again.tell(one, 2e-5, 1.0)
    assert len({one.name for one in found}) == len(found) == 16 and again.left == 0 and not found_again
    assert not tried & {one.name for one in found}
