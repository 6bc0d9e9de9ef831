"""The tracker of a farm: TVM's own, which hands out the boards that register with it."""

from __future__ import annotations

import multiprocessing
from types import TracebackType
from typing import Any

from ..parent import end_with_parent
from ..tvm_stack import runtime
from .sockets import listen
from .wire import Address


class Tracker:
    """A tracker listening at `address` (port 0: any free one); a context manager that ends it."""

    def __init__(self, address: Address) -> None:
        """Raises TilewrightError when the port is taken."""
        runtime()
        listener = listen(address)
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
