"""The board's side of a tracker: put itself there while it is free, and come back when the tracker was away.

TVM's protocol (tvm/rpc/tracker.py, tvm/rpc/server.py): the board is put under a random match key, which the tracker
gives to one client; a new one is put when the session is over.
"""

from __future__ import annotations

import secrets
import socket
import time

from .. import wire
from ..wire import Address

_PUT, _UPDATE, _PENDING, _OK = 3, 5, 7, 0  # TrackerCode in tvm/rpc/base.py
_TAKEN_SECONDS = 10.0  # within which a client that was given the board has to come
_RETRY_SECONDS = 3.0
_ANSWER_SECONDS = 2.0


class Registration:
    """One board at one tracker."""

    def __init__(self, tracker: Address, key: str, board: Address) -> None:
        self._tracker, self._key, self._board = tracker, key, board
        self._connection: socket.socket | None = None
        self._tried = self._taken_at = -_RETRY_SECONDS
        self._offered = False
        self.match_key = ""

    def tend(self, free: bool) -> None:
        """Call this often: whether the board could take a client now."""
        try:
            if self._connection is None:
                self._connect()
            if self._connection is not None:
                self._offer() if free else self._withdraw()
        except OSError:  # the tracker went away: it has forgotten this board
            self._drop()

    def _connect(self) -> None:
        if time.monotonic() - self._tried < _RETRY_SECONDS:
            return
        self._tried = time.monotonic()
        address = (self._tracker.host, self._tracker.port)
        self._connection = socket.create_connection(address, timeout=_ANSWER_SECONDS)
        wire.send_integer(self._connection, wire.TRACKER_MAGIC)
        if wire.receive_integer(self._connection) != wire.TRACKER_MAGIC:
            raise ConnectionError(f"{self._tracker} is no tracker")
        self._ask(_UPDATE, {"key": f"server:{self._key}", "addr": [None, self._board.port]})

    def _offer(self) -> None:
        if not self._offered:
            self.match_key = f"{self._key}:{secrets.token_hex(8)}"
            self._ask(_PUT, self._key, [self._board.port, self.match_key], None)
            self._offered, self._taken_at = True, 0.0
        elif self.match_key in self._ask(_PENDING):
            self._taken_at = 0.0
        elif not self._taken_at:
            self._taken_at = time.monotonic()
        elif time.monotonic() - self._taken_at > _TAKEN_SECONDS:
            self._offered = False  # whoever was given it did not come

    def _withdraw(self) -> None:
        self._offered = False

    def _ask(self, *message: object) -> list[str]:
        assert self._connection is not None
        wire.send_json(self._connection, list(message))
        answer = wire.receive_json(self._connection)
        if message[0] != _PENDING and answer != _OK:
            raise ConnectionError(f"the tracker {self._tracker} answers {answer}")
        return answer if isinstance(answer, list) else []

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._offered = None, False
