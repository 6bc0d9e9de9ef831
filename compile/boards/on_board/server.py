"""The RPC server for a board: TVM's protocol, in a loop that no session can stop.

TVM's own server ends its listening thread when a session dies (SIGILL, SIGSEGV), and later connections hang for ever.
Here a session is a process of its own, in a process group of its own; one runs at a time, the others wait their
turn, and when one ends, however it ends, what it left behind is removed and the next begins.

`python -m tilewright.compile.boards.on_board.server` prints "ready on HOST:PORT" when it listens.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ...tvm_stack import runtime
from .. import wire
from ..sockets import listen
from ..wire import Address
from .registration import Registration
from .session import serve
from .state import board_state

_HANDSHAKE_SECONDS = 5.0
_TICK_SECONDS = 1.0  # how often the tracker is greeted and a session's time looked at
_fork = multiprocessing.get_context("fork")  # so that TVM is there already: a session starts in milliseconds


@dataclass
class _Session:
    process: Any
    folder: Path
    peer: str
    most_seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def overdue(self) -> bool:
        return 0 < self.most_seconds < time.monotonic() - self.began


class BoardServer:
    """Listens at `address` (port 0: any free one) under `key`; `tracker` hands the board out where there is one."""

    def __init__(self, address: Address, key: str = "", tracker: Address | None = None) -> None:
        """Raises TilewrightError when the port is taken."""
        runtime()
        self._listener = listen(address)
        self.address = Address(address.host, self._listener.getsockname()[1])
        self.key = key
        self._tracker = Registration(tracker, key, self.address) if tracker else None
        self._waiting: deque[tuple[socket.socket, str, float]] = deque()  # connection, peer, its session's seconds
        self._session: _Session | None = None

    def serve(self, stop_with: Any = None) -> None:
        """Serve until the file `stop_with` can be read, or ends (a parent's pipe); without one until SIGTERM."""
        log(f"ready on {self.address}" + (f" as {self.key!r}" if self.key else ""))
        while True:
            watched = [self._listener, *([stop_with] if stop_with is not None else [])]
            if self._session is not None:
                watched.append(self._session.process.sentinel)
            ready = wait(watched, _TICK_SECONDS)
            if stop_with is not None and stop_with in ready:
                return
            if self._listener in ready:
                self._accept()
            self._tend()

    def close(self) -> None:
        """End the session that runs, and stop listening."""
        if self._session is not None:
            self._end_session("stopped with the server")
        self._listener.close()

    def _accept(self) -> None:
        connection, peer = self._listener.accept()
        try:
            connection.settimeout(_HANDSHAKE_SECONDS)
            key, *options = self._read_key(connection).split()
            connection.settimeout(None)
        except (OSError, ValueError) as error:
            log(f"{peer[0]}: no handshake ({error})")
            connection.close()
            return
        if key == wire.STATE_KEY:
            self._tell_state(connection, peer[0])
        elif key in (f"client:{self.key}", f"client:{self._tracker.match_key if self._tracker else self.key}"):
            seconds = next((float(one[9:]) for one in options if one.startswith("-timeout=")), 0.0)
            self._waiting.append((connection, f"{peer[0]}:{peer[1]}", seconds))
        else:
            log(f"{peer[0]}: asked for {key!r}, this is {self.key!r}")
            with suppress(OSError), connection:
                wire.send_integer(connection, wire.MISMATCH)

    def _tell_state(self, connection: socket.socket, peer: str) -> None:
        with connection:
            try:
                state = {**board_state(), "key": self.key, "busy": self._busy()}
                wire.send_integer(connection, wire.SUCCESS)
                wire.send_json(connection, state)
            except OSError as error:
                log(f"{peer}: asked for the state, and did not get it ({error})")

    def _read_key(self, connection: socket.socket) -> str:
        if wire.receive_integer(connection) != wire.RPC_MAGIC:
            raise ConnectionError("another protocol")
        return wire.receive_text(connection)

    def _busy(self) -> float | None:
        """For how many seconds a session has been running."""
        return None if self._session is None else time.monotonic() - self._session.began

    def _tend(self) -> None:
        session = self._session
        if session is not None and not session.process.is_alive():
            self._end_session(_how_it_ended(session.process.exitcode))
        elif session is not None and session.overdue:
            self._end_session(f"took over {session.most_seconds:.0f} s, killed")
        if self._session is None and self._waiting:
            self._begin_session(*self._waiting.popleft())
        if self._tracker is not None:
            self._tracker.tend(free=self._session is None and not self._waiting)

    def _begin_session(self, connection: socket.socket, peer: str, seconds: float) -> None:
        try:  # only now: TVM's client takes the answer as leave to begin
            wire.send_integer(connection, wire.SUCCESS)
            wire.send_text(connection, f"server:{self.key}")
        except OSError:  # it has given up waiting
            connection.close()
            return
        folder = Path(tempfile.mkdtemp(prefix="tilewright-board-"))
        process = _fork.Process(target=serve, args=(connection, folder), daemon=False)
        process.start()
        connection.close()
        self._session = _Session(process, folder, peer, seconds)
        log(f"{peer}: session {process.pid}")

    def _end_session(self, how: str) -> None:
        session, self._session = self._session, None
        assert session is not None
        with suppress(ProcessLookupError):  # what it started, too
            os.killpg(session.process.pid, signal.SIGKILL)
        session.process.join()
        shutil.rmtree(session.folder, ignore_errors=True)
        log(f"{session.peer}: session {session.process.pid} {how}")


def _how_it_ended(code: int) -> str:
    return "ended" if code == 0 else f"died of {signal.Signals(-code).name}" if code < 0 else f"failed with {code}"


def log(text: str) -> None:
    """One line with the time, at once."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main(arguments: list[str]) -> None:
    """HOST:PORT [KEY [TRACKER]]; ends when standard input does.  For a board in a box, which has no Typer."""
    tracker = Address.parse(arguments[2], "tracker") if len(arguments) > 2 else None
    server = BoardServer(Address(*_split(arguments[0])), arguments[1] if len(arguments) > 1 else "", tracker)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve(sys.stdin)
    finally:
        server.close()


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    main(sys.argv[1:])
