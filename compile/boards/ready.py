"""Wait until a server listens: it then writes where to its log."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

from ..errors import last_line
from .wire import Address

_READY = re.compile(r"ready on (\S+).*\n")
_POLL_SECONDS = 0.05


class NotReady(Exception):
    """The text says why: it ended, and what its last words were; or how long it was waited for."""


def address_when_ready(process: subprocess.Popen[bytes], log: Path, seconds: float) -> Address:
    """Where the server that `process` starts listens, by its `log`.  Raises NotReady."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        ended = process.poll() is not None  # asked first: its last words are in the log then
        if (found := _READY.search(log.read_text(errors="replace"))) is not None:
            return Address.parse(found[1], "the server")
        if ended:
            raise NotReady(last_line(log.read_bytes()))
        time.sleep(_POLL_SECONDS)
    raise NotReady(f"not within {seconds:.0f} s, is the machine busy? Its last words: {last_line(log.read_bytes())}")
