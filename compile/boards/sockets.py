"""Sockets: a listening one, and those under TVM's RPC, which does not tell of them and has no time limits."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from ..errors import TilewrightError
from .wire import Address


def listen(address: Address) -> socket.socket:
    """A listening socket at `address` (port 0: any free one).  Raises TilewrightError when the port is taken."""
    family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        raise TilewrightError(f"cannot listen on {address}: {error.strerror}; choose another --port") from None
    listener.listen(64)
    return listener


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
