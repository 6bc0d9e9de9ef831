"""The host's end of a session with a board: connect, ask, and never wait for ever.

TVM's RPC has no time limits.  So the socket under it is looked up, and shut down when an answer does not come in
time; every failure ends in one sentence.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ..cpu import HostCpu
from ..errors import CheckFailed, TilewrightError, last_line
from ..progress import Progress, silent
from ..tvm_stack import runtime
from .ask_state import CONNECT_SECONDS, ask_state
from .lost import BoardLost
from .sockets import is_closed, shut_down, sockets_to
from .state import BoardState
from .wire import Address

ANSWER_SECONDS = 60.0
_WAIT_SECONDS = 120.0  # for a session before ours to end
_CHUNK_BYTES = 4 << 20


class Connection:
    """A session on a board; a context manager that gives the board back."""

    def __init__(
        self,
        address: Address,
        key: str | None = None,
        progress: Progress = silent,
        session_seconds: int = 0,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        """`key` is what a tracker gave; None takes the server's own.

        Waits up to `wait_seconds` while the board is busy with another session.  The server ends a session that takes
        more than `session_seconds`, whatever it does (0: none).
        Raises BoardLost when it cannot be reached or stays busy.
        """
        self.address = address
        self._descriptors: set[int] = set()
        self.state = self._wait_for_turn(progress, wait_seconds)
        runtime()
        before = sockets_to(address)
        with self._in_time(CONNECT_SECONDS, "take a session", lambda: sockets_to(address) - before):
            from tvm import rpc

            named = self.state.key if key is None else key
            self.remote: Any = rpc.connect(address.host, address.port, named, session_timeout=session_seconds)
        self._descriptors = sockets_to(address) - before

    @property
    def cpu(self) -> HostCpu:
        """The board's processor."""
        return self.state.cpu

    def call(self, name: str, *arguments: Any, seconds: float = ANSWER_SECONDS) -> Any:
        """What the board's function `name` returns.

        Raises the error that it ended with there, BoardLost when no answer comes within `seconds`.
        """
        with self.in_time(seconds):
            answer = self.remote.get_function(name)(*arguments)
        return _result(answer, f"the board at {self.address}") if isinstance(answer, str) else answer

    def in_time(self, seconds: float = ANSWER_SECONDS) -> AbstractContextManager[None]:
        """For calls on `remote`: TVM's errors become sentences, and after `seconds` BoardLost is raised."""
        return self._in_time(seconds, "answer", lambda: self._descriptors)

    def send(self, path: Path, name: str, progress: Progress = silent) -> None:
        """Copy the file `path` into the session's folder, as `name`.  Raises TilewrightError on a full disk."""
        size = path.stat().st_size
        with path.open("rb") as file:
            for offset in range(0, max(size, 1), _CHUNK_BYTES):
                progress(f"sending {path.name} to the board")
                self.call("board.save", name, offset, bytearray(file.read(_CHUNK_BYTES)))

    def fetch(self, name: str, path: Path) -> None:
        """Copy the file `name` of the session's folder to `path`."""
        size = int(self.call("board.size", name))
        with path.open("wb") as file:
            for offset in range(0, size, _CHUNK_BYTES):
                file.write(self.call("board.read", name, offset, _CHUNK_BYTES))

    def set_threads(self, threads: int) -> None:
        """As `tvm_stack.set_threads`, on the board, for what this session calls."""
        pool_for_big_cores = 1
        self.remote.get_function("runtime.config_threadpool")(pool_for_big_cores, threads)

    def refresh(self) -> BoardState:
        """The board's state now."""
        return ask_state(self.address)

    def close(self) -> None:
        """End the session: the board is free again."""
        self.remote = None  # TVM closes the session with its last reference
        for descriptor in self._descriptors:
            shut_down(descriptor)

    def _wait_for_turn(self, progress: Progress, seconds: float) -> BoardState:
        began = time.monotonic()
        while True:
            state = ask_state(self.address)
            if state.busy_seconds is None:
                return state
            if time.monotonic() - began > seconds:
                raise BoardLost(
                    f"the board at {self.address} has been busy with another session for {state.busy_seconds:.0f} s: "
                    "wait for it, or restart its server"
                )
            progress(f"waiting for the board at {self.address}, which is busy")
            time.sleep(0.5)

    @contextmanager
    def _in_time(self, seconds: float, what: str, descriptors: Callable[[], set[int]]) -> Iterator[None]:
        """Turn TVM's errors into sentences, and hang up after `seconds`."""
        late = threading.Event()

        def hang_up() -> None:
            late.set()
            for descriptor in descriptors():
                shut_down(descriptor)

        timer = threading.Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            if isinstance(error, TilewrightError):
                raise
            if late.is_set():
                raise BoardLost(f"the board at {self.address} did not {what} within {seconds:.0f} s") from None
            raise self._explained(error) from None
        finally:
            timer.cancel()

    def _explained(self, error: Exception) -> TilewrightError:
        """TVM's RPC tells of an error on the other side, but not which."""
        if not self._descriptors or any(is_closed(one) for one in self._descriptors):
            return BoardLost(f"the connection to the board at {self.address} was lost: its session or the board died")
        reason = last_line(error, otherwise=type(error).__name__)
        return CheckFailed(f"the board at {self.address} failed ({reason}): its server's log may say more")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _result(text: str, board: str) -> Any:
    answer = json.loads(text)
    if "error" in answer:
        message = answer["error"].replace("on the board", board)
        raise (CheckFailed if answer["exit_code"] == 1 else TilewrightError)(message)
    return answer["result"]
