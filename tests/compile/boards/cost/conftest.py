"""One program, assembled and counted: `counted(body, core)` gives what lies between `ask 1` and `ask 2`."""

import pytest
from programs import assemble, run
from tilewright.compile.boards.cost.cores import CORES

# What the second `ask` itself costs: six instructions, of which four moves, one more, and the call.
ASKING = 5


@pytest.fixture
def counted(tmp_path, tmp_path_factory):
    zig_cache = tmp_path_factory.getbasetemp() / "zig"

    def count(body, core="cortex-a72", space=64):
        answers = run(assemble(body, tmp_path, space, zig_cache), CORES[core], tmp_path)
        return answers[2] - answers[1]

    return count
