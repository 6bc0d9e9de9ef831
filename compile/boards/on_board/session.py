"""One session: the process in which TVM's RPC loop runs, and the functions it offers beside TVM's own."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import TilewrightError
from ...parent import end_with_parent
from ...tvm_stack import runtime
from .files import Files
from .workers import Workers

if TYPE_CHECKING:
    from ..cost.core_model import Core


def serve(connection: socket.socket, folder: Path) -> None:
    """Serve one client on `connection`, with `folder` for its files, until it goes."""
    end_with_parent()
    os.setpgid(0, 0)  # a group of its own, so that all it started can be ended with it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(folder)
    tvm = runtime()
    from tvm.rpc import _ffi_api

    loop: Any = _ffi_api  # its functions come from the library
    files = Files(folder)
    workers = Workers(files)
    offer(tvm, "tvm.rpc.server.workpath", lambda name: str(files.path(name)))
    offer(tvm, "tvm.rpc.server.load_module", lambda name: tvm.runtime.load_module(str(files.path(name))))
    offer(tvm, "tvm.rpc.server.remove", files.remove_for_tvm)
    offer(tvm, "board.read", files.read)
    for one in (files.save, files.size, files.remove, workers.start, workers.ask, workers.stop):
        offer(tvm, f"board.{one.__name__}", _answering(one))
    core = _use_modelled_clock()
    offer(tvm, "board.profile", _answering(lambda *asked: _profile(files, core, *asked)))
    try:
        loop.ServerLoop(connection.fileno())
    finally:
        workers.close()


def offer(tvm: Any, name: str, function: Any) -> None:
    """Let a client call `function` by `name`."""
    tvm.register_func(name, function, override=True)


def _answering(function: Callable[..., Any]) -> Callable[..., str]:
    """`function` with its result, or its error, as JSON: TVM's RPC would lose an error's text."""

    def answer(*arguments: Any) -> str:
        try:
            return json.dumps({"result": function(*arguments)})
        except TilewrightError as error:
            return json.dumps({"error": str(error), "exit_code": error.exit_code})
        except OSError as error:
            full = error.errno == errno.ENOSPC
            text = "its disk is full: free some space there" if full else f"{error.filename}: {error.strerror}"
            return json.dumps({"error": f"on the board: {text}", "exit_code": 2})

    return answer


def _profile(files: Files, core: Core | None, *asked: Any) -> list[tuple[str, float]]:
    from .profile import profile  # what few sessions need

    return profile(files, core, *asked)


def _use_modelled_clock() -> Core | None:
    """In a box whose emulator counts everywhere, TVM's timer answers with the modelled clock; engines are counted.

    Returns the core that is modelled for this process.
    """
    counted = os.environ.get("BOARD_QEMU_ARGUMENTS")  # this process was started with these
    os.environ["BOARD_QEMU_ARGUMENTS"] = os.environ.get("BOARD_ENGINE_ARGUMENTS", "")
    if not counted or not (name := os.environ.get("BOARD_CORE")):
        return None
    from ..cost.cores import core
    from ..cost.evaluator import register

    register(core(name))
    return core(name)
