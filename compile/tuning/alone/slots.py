"""Where trials run: one slot for each board that can measure at the same time as the others."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...boards.ask_state import ask_state
from ...boards.box.box import Box
from ...boards.box.processors import processor_of
from ...boards.choice import BoardChoice
from ...boards.connection import Connection
from ...boards.farm import boards, take_board
from ...boards.lost import BoardLost
from ...boards.ready import NotReady, address_when_ready
from ...boards.state import BoardState
from ...boards.tunnel import tunnel_to
from ...boards.wire import Address
from ...errors import CheckFailed, TilewrightError
from ...progress import Progress, silent
from ...targets import Target
from ...tvm_stack import available_cores

Open = Callable[[], Connection]
Answer = TypeVar("Answer")
_TRIES = 3
_START_SECONDS = 30.0


@dataclass(frozen=True)
class Slots:
    """`opens` has, for each slot, what opens a session there; `state` is one of the boards', all being alike.

    here        whether it is this machine, whose cores must then do nothing else while it measures
    registered  of a farm, how many boards are there now: they come and go
    """

    opens: tuple[Open, ...]
    state: BoardState
    here: bool = False
    registered: Callable[[], int] | None = None

    def now(self) -> tuple[Open, ...]:
        """One for each board that is there; one at least, which waits for a board to register."""
        return self.opens if self.registered is None else self.opens[:1] * max(1, self.registered())

    def ask(self, question: Callable[[Connection], Answer]) -> Answer:
        """What `question` gives in a session on one of them; another is asked when it dies.

        Raises BoardLost when it, or the board, dies time and again.
        """
        for left in reversed(range(_TRIES)):
            try:
                with self.opens[left % len(self.opens)]() as session:
                    return question(session)
            except BoardLost:
                if not left:
                    raise
        raise AssertionError("unreachable")


@contextmanager
def open_slots(
    choice: BoardChoice, target: Target, seconds: int, workers: int | None = None, progress: Progress = silent
) -> Iterator[Slots]:
    """As `boards.choice.open_place`, but for many short sessions of at most `seconds`; boxes count, one a core.

    Raises TilewrightError for a board that is not there, or that cannot run code for `target`.
    """
    with ExitStack() as stack:
        if choice.tracker is not None:
            slots = _of_farm(Address.parse(choice.tracker, "--tracker"), str(choice.key), seconds, progress)
        else:
            addresses = [stack.enter_context(one) for one in _servers(choice, target, workers, progress)]
            opens = tuple(_opening(address, seconds) for address in addresses)
            slots = Slots(opens, ask_state(addresses[0]), here=not choice.any)
        if missing := target.missing_on(slots.state.cpu):
            raise TilewrightError(
                f"target {target.name} cannot be measured on {slots.state.cpu.model}, which has no "
                f"{', '.join(missing)}: name a board that has, with --rpc, --tracker, --ssh or --board box"
            )
        yield slots


def _servers(
    choice: BoardChoice, target: Target, workers: int | None, progress: Progress
) -> list[AbstractContextManager[Address]]:
    """Context managers, each of which gives the address of a server."""
    if choice.board is not None:
        cpu = choice.board.partition(":")[2] or processor_of(target.name).name
        return [_box(cpu, progress) for _ in range(workers or available_cores())]
    if choice.ssh is not None:
        return [tunnel_to(choice.ssh, progress)]
    if choice.rpc is not None:
        return [_at(Address.parse(choice.rpc, "--rpc"))]
    return [this_machine()]


def _opening(address: Address, seconds: int) -> Open:
    return lambda: Connection(address, session_seconds=seconds)


def _of_farm(tracker: Address, key: str, seconds: int, progress: Progress) -> Slots:
    """As many as are registered; each session takes whichever board is free."""

    def take() -> Connection:
        return take_board(tracker, key, session_seconds=seconds)

    with take_board(tracker, key, progress) as one:  # waits for the first to register
        state = one.state

    def registered() -> int:
        return len(boards(tracker).get(key, ()))

    return Slots((take,) * registered(), state, registered=registered)


@contextmanager
def _box(cpu: str, progress: Progress) -> Iterator[Address]:
    with Box(cpu, counting="everything", progress=progress) as box:
        yield box.address


@contextmanager
def _at(address: Address) -> Iterator[Address]:
    yield address


@contextmanager
def this_machine() -> Iterator[Address]:
    """A server of this machine's own, so that a trial that crashes takes nothing with it."""
    command = [sys.executable, "-m", "tilewright.compile.boards.on_board.server", "127.0.0.1:0"]
    with tempfile.NamedTemporaryFile(prefix="tilewright-server-") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=_environment(), start_new_session=True
        )
        try:
            yield _wait_until_ready(process, Path(log.name))
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def _environment() -> dict[str, str]:
    ours = {"TVM_USE_RUNTIME_LIB": "1", "TVM_NUM_THREADS": str(available_cores()), "PYTHONSAFEPATH": "1"}
    return {**os.environ, **ours}


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> Address:
    try:
        return address_when_ready(process, log, _START_SECONDS)
    except NotReady as why:
        process.kill()
        raise CheckFailed(f"this machine's own server did not start: {why}") from None
