"""What goes over the wire before TVM's own RPC protocol begins: addresses, the handshake, JSON messages.

The handshake is TVM's (tvm/rpc/base.py, tvm/rpc/server.py): magic, length of the key, key; the answer is a code and the
server's key.  A key of our own asks a server for its state instead of a session, and is answered at once, even while
a session runs.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

from ..errors import TilewrightError

RPC_MAGIC = 0xFF271
TRACKER_MAGIC = 0x2F271
SUCCESS = RPC_MAGIC
MISMATCH = RPC_MAGIC + 2
STATE_KEY = "client:tilewright-state"
_MOST_BYTES = 1 << 20  # of a key or a JSON message: more is no message of ours


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str, option: str) -> Address:
        """From HOST:PORT.  Raises TilewrightError, naming the command line's `option`, for anything else."""
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise TilewrightError(f"{option} {text!r}: write HOST:PORT, such as 127.0.0.1:9090")
        return cls(host.strip("[]"), int(port))


def receive(connection: socket.socket, count: int) -> bytes:
    """Exactly `count` bytes.  Raises OSError when the other end closes before."""
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 16))
        if not part:
            raise ConnectionResetError("the other end closed the connection")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def send_integer(connection: socket.socket, value: int) -> None:
    """Four bytes, the lowest first."""
    connection.sendall(struct.pack("<i", value))


def receive_integer(connection: socket.socket) -> int:
    """Four bytes, the lowest first."""
    return struct.unpack("<i", receive(connection, 4))[0]


def send_text(connection: socket.socket, text: str) -> None:
    """Length and UTF-8."""
    data = text.encode()
    connection.sendall(struct.pack("<i", len(data)) + data)


def receive_text(connection: socket.socket) -> str:
    """Length and UTF-8.  Raises OSError for what cannot be a message."""
    count = receive_integer(connection)
    if not 0 <= count <= _MOST_BYTES:
        raise ConnectionError(f"a message of {count} bytes")
    return receive(connection, count).decode(errors="replace")


def send_json(connection: socket.socket, value: Any) -> None:
    """As the tracker's messages are."""
    send_text(connection, json.dumps(value))


def receive_json(connection: socket.socket) -> Any:
    """Raises OSError for what is no JSON."""
    try:
        return json.loads(receive_text(connection))
    except ValueError as error:
        raise ConnectionError(f"no JSON: {error}") from None
