"""The tracker of a farm: TVM's own, which hands out the boards that register with it."""

from __future__ import annotations

import multiprocessing
import socket
from types import TracebackType
from typing import Any

from ..errors import TilewrightError
from ..parent import end_with_parent
from ..tvm_stack import runtime
from .wire import Address


class Tracker:
    """A tracker listening at `address` (port 0: any free one); a context manager that ends it."""

    def __init__(self, address: Address) -> None:
        """Raises TilewrightError when the port is taken."""
        runtime()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, address.port))
        except OSError as error:
            raise TilewrightError(f"cannot listen on {address}: {error.strerror}; choose another --port") from None
        listener.listen(64)
        self.address = Address(address.host, listener.getsockname()[1])
        self._process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
        self._process.start()
        listener.close()

    @property
    def running(self) -> bool:
        """Whether it is alive."""
        return self._process.is_alive()

    def close(self) -> None:
        """End it: the boards wait for another one at this address."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _serve(listener: Any) -> None:
    end_with_parent()
    from tvm.rpc.tracker import _tracker_server

    _tracker_server(listener, "")
