"""What boards can do at best: measured over a session, or the modelled core's."""

import pytest
from tilewright.compile.benchmarking.peaks import fma_gflops
from tilewright.compile.boards.choice import BoardChoice
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.lost import BoardLost
from tilewright.compile.boards.state import BoardState
from tilewright.compile.boards.wire import Address
from tilewright.compile.cpu import HostCpu
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.alone.peak import peak_gflops
from tilewright.compile.tuning.alone.slots import Slots, open_slots


@pytest.mark.slow
def test_a_server_of_this_machine_gives_what_is_measured_here():
    here = resolve("native")
    with open_slots(BoardChoice(), here, 60) as slots:
        over_a_session = peak_gflops(here, slots, (1,))
        assert over_a_session == pytest.approx(fma_gflops(here, 1), rel=0.8), "of this size, however busy it is"
        one_is_gone = Slots((slots.opens[0], _unreachable, _unreachable), slots.state)
        assert one_is_gone.ask(lambda session: session.cpu.cores) == slots.state.cpu.cores
        with pytest.raises(BoardLost, match="no board listens"):
            Slots((_unreachable,), slots.state).ask(lambda session: session.cpu)


@pytest.mark.parametrize(
    ("target", "core", "gflops"),
    [("rpi3", "cortex-a53", 9.6), ("rpi4", "cortex-a72", 14.4), ("rpi5", "cortex-a76", 38.4)],
)
def test_a_modelled_core(target, core, gflops):
    """FMAs of four lanes at the boards' clocks: one a cycle, two on an A76."""
    state = BoardState(HostCpu("modelled", "aarch64", frozenset(), 1), "", None, core, {})
    assert peak_gflops(resolve(target), Slots((), state), (1,)) == pytest.approx(gflops)


def _unreachable() -> Connection:
    return Connection(Address("127.0.0.1", 9))
