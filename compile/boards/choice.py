"""Which board a command is to use: a server, one of a tracker's, one over SSH, or a box started for this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ..benchmarking.place import Here, Place
from ..errors import TilewrightError
from ..progress import Progress, silent
from .box.box import Box
from .box.processors import processor_of
from .connection import Connection
from .farm import take_board
from .place import BoardPlace
from .tunnel import tunnel_to
from .wire import Address

_BOX = "box"


@dataclass(frozen=True)
class BoardChoice:
    """The options of the command line; none of them: this machine.

    rpc      HOST:PORT of a board's server
    tracker  HOST:PORT of a tracker, and `key`, under which boards are registered there
    board    "box", or "box:CPU"
    ssh      USER@HOST of a board
    """

    rpc: str | None = None
    tracker: str | None = None
    key: str | None = None
    board: str | None = None
    ssh: str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("rpc", "tracker", "board", "ssh") if getattr(self, name) is not None]
        if len(given) > 1:
            raise TilewrightError(f"--{given[0]} and --{given[1]} name two boards: leave one out")
        if (self.tracker is None) != (self.key is None):
            raise TilewrightError("--tracker HOST:PORT and --key NAME go together: which board, of which tracker")
        if self.board is not None and self.board.partition(":")[0] != _BOX:
            raise TilewrightError(
                f"--board {self.board!r}: write box, or box:cortex-a72; a real board is named by --rpc"
            )

    @property
    def any(self) -> bool:
        """Whether a board was asked for."""
        return any((self.rpc, self.tracker, self.board, self.ssh))


@contextmanager
def open_place(choice: BoardChoice, target: str = "native", progress: Progress = silent) -> Iterator[Place]:
    """The chosen board, connected, as a place to measure on; a box has the processor that `target` is made for.

    Raises TilewrightError for a board that is not there.
    """
    with ExitStack() as stack:
        if not choice.any:
            yield Here()
            return
        scoring = None
        if choice.board is not None:
            cpu = choice.board.partition(":")[2] or processor_of(target).name
            box = stack.enter_context(Box(cpu, counting="engines", progress=progress))
            scoring = _another_box(cpu, progress)
            connection = Connection(box.address, progress=progress)
        else:
            connection = connect(choice, stack, progress)
        stack.enter_context(connection)
        place = BoardPlace(connection, scoring, progress)
        stack.callback(place.close)
        yield place


def connect(choice: BoardChoice, stack: ExitStack, progress: Progress = silent) -> Connection:
    """A session on a real board, or one of a farm; what it needs beside it (a tunnel) is closed with `stack`."""
    if choice.tracker is not None:
        return take_board(Address.parse(choice.tracker, "--tracker"), str(choice.key), progress)
    if choice.ssh is not None:
        return Connection(stack.enter_context(tunnel_to(choice.ssh, progress)), progress=progress)
    return Connection(Address.parse(str(choice.rpc), "--rpc"), progress=progress)


def _another_box(cpu: str, progress: Progress) -> Callable[[ExitStack], Connection]:
    """Starts a box that does not count, and so is faster, when a data set is to be run."""

    def start(stack: ExitStack) -> Connection:
        box = stack.enter_context(Box(cpu, progress=progress))
        return stack.enter_context(Connection(box.address, progress=progress))

    return start
