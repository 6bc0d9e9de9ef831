"""A farm: boards registered at a tracker under keys, taken for a session and given back."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import CheckFailed, TilewrightError
from ..progress import Progress, silent
from . import wire
from .ask_state import CONNECT_SECONDS
from .connection import Connection
from .lost import BoardLost
from .wire import Address

_REQUEST, _SUMMARY = 4, 6  # TrackerCode in tvm/rpc/base.py
_APPEAR_SECONDS = 5.0  # a board that was just started, or whose tracker was, registers within
_LOOK_SECONDS = 0.2
_TURN_SECONDS = 120.0  # for a board to come free
_BUSY_SECONDS = 3.0  # for one that the tracker holds to be free: somebody named it itself
Result = TypeVar("Result")


def take_board(
    tracker: Address,
    key: str,
    progress: Progress = silent,
    seconds: float = _TURN_SECONDS,
    session_seconds: int = 0,
) -> Connection:
    """A session on a board that is registered under `key`, when one is free; of at most `session_seconds` (0: any).

    A board that the tracker still lists but that is gone, or that somebody else has, is passed over.
    Raises BoardLost without a tracker, when no board has this key, and when none comes free within `seconds`.
    """
    lost: BoardLost | None = None
    for _ in range(len(boards(tracker).get(key, ())) + 1):
        address, match_key = _request(tracker, key, progress, seconds)
        try:
            return Connection(address, match_key, progress, session_seconds, _BUSY_SECONDS)
        except BoardLost as error:
            lost = error
            progress(f"{error}: trying another board")
    assert lost is not None
    raise lost


def on_farm(
    tracker: Address, key: str, work: Callable[[Connection], Result], progress: Progress = silent, tries: int = 3
) -> Result:
    """What `work` returns, done on a board of the farm; on another one when the first dies under it.

    Raises BoardLost when `tries` boards were lost.
    """
    for left in reversed(range(tries)):
        try:
            with take_board(tracker, key, progress) as connection:
                return work(connection)
        except BoardLost as error:
            if not left:
                raise
            progress(f"{error}: its work goes on elsewhere")
    raise AssertionError("unreachable")


def boards(tracker: Address) -> dict[str, list[str]]:
    """By key, the addresses of the boards that are registered, whether they are free or not.

    Raises BoardLost where no tracker answers.
    """
    summary = _ask(tracker, [_SUMMARY], CONNECT_SECONDS)[1]
    found: dict[str, list[str]] = {}
    for server in summary["server_info"]:
        key = str(server.get("key", "")).removeprefix("server:")
        if key:
            host, port = server["addr"]
            found.setdefault(key, []).append(f"{host}:{port}")
    return found


def _request(tracker: Address, key: str, progress: Progress, seconds: float) -> tuple[Address, str]:
    known = boards(tracker)
    began = time.monotonic()
    while key not in known and time.monotonic() - began < _APPEAR_SECONDS:
        time.sleep(_LOOK_SECONDS)
        known = boards(tracker)
    if key not in known:
        names = ", ".join(sorted(known)) or "none"
        raise BoardLost(
            f"no board is registered under {key!r} at the tracker {tracker} (keys there: {names}): start one with "
            f"`tilewright board serve --tracker {tracker} --key {key}`"
        )
    progress(f"waiting for one of {len(known[key])} boards under {key!r}")
    code, value = _ask(tracker, [_REQUEST, key, "", 1], seconds)
    if code != 0:
        raise CheckFailed(f"the tracker {tracker} refused to give a board: {value}")
    host, port, match_key = value
    return Address(host, port), match_key


def _ask(tracker: Address, message: list[Any], seconds: float) -> Any:
    try:
        with socket.create_connection((tracker.host, tracker.port), timeout=CONNECT_SECONDS) as connection:
            wire.send_integer(connection, wire.TRACKER_MAGIC)
            if wire.receive_integer(connection) != wire.TRACKER_MAGIC:
                raise TilewrightError(f"{tracker} is another program's port, not a tracker")
            wire.send_json(connection, message)
            connection.settimeout(seconds)
            return wire.receive_json(connection)
    except TimeoutError:
        raise BoardLost(f"no board came free at the tracker {tracker} within {seconds:.0f} s") from None
    except OSError as error:
        cure = "start one with `tilewright board tracker`"
        raise BoardLost(f"no tracker answers at {tracker} ({error.strerror or error}): {cure}") from None
