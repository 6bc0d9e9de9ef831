"""Ask a board's server for the state of its board: no session is needed, and TVM is not."""

from __future__ import annotations

import socket

from ..errors import TilewrightError
from . import wire
from .lost import BoardLost
from .state import BoardState
from .wire import Address

CONNECT_SECONDS = 10.0


def ask_state(address: Address, seconds: float = CONNECT_SECONDS) -> BoardState:
    """What the server at `address` tells of its board, even while it is busy.

    Raises BoardLost when nobody answers there, TilewrightError when it is no server of ours.
    """
    cure = "start one with `tilewright board serve` (a real board) or `tilewright board up` (in a box)"
    try:
        with socket.create_connection((address.host, address.port), timeout=seconds) as connection:
            wire.send_integer(connection, wire.RPC_MAGIC)
            wire.send_text(connection, wire.STATE_KEY)
            code = wire.receive_integer(connection)
            if code == wire.SUCCESS:
                return BoardState.from_json(wire.receive_json(connection))
    except TimeoutError:
        raise BoardLost(f"{address} takes connections but does not answer within {seconds:.0f} s: {cure}") from None
    except ConnectionRefusedError:
        raise BoardLost(f"no board listens on {address}: {cure}") from None
    except OSError as error:
        raise BoardLost(f"{address}: {error.strerror or error}: is it a board's server? If not, {cure}") from None
    if code == wire.MISMATCH:
        raise TilewrightError(f"{address} is TVM's own RPC server, which dies with a session: {cure}")
    raise TilewrightError(f"{address} is another program's port: {cure}")
