"""The sockets under TVM's RPC, which has no time limits and does not tell of them: found among this process's own."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from .wire import Address


def sockets_to(address: Address) -> set[int]:
    """The descriptors of this process's sockets that are connected to `address`."""
    found = set()
    peers = {one[4][:2] for one in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)}
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it may be closed by now, or not connected
            if str(descriptor.readlink()).startswith("socket:"):
                with socket.socket(fileno=os.dup(int(descriptor.name))) as connection:
                    if connection.getpeername()[:2] in peers:
                        found.add(int(descriptor.name))
    return found


def shut_down(descriptor: int) -> None:
    """End a connection: whoever waits on it hears so."""
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def is_closed(descriptor: int) -> bool:
    """Whether the other end of the connection is gone."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
