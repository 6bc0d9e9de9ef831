"""A board over SSH: set up once, its server started for this run, and reached through a tunnel.

One `ssh` is both the tunnel and the server's parent: the server listens on the board's own 127.0.0.1, and ends when
the connection does.  TILEWRIGHT_SSH is the command to use in place of `ssh`, with options.
"""

from __future__ import annotations

import os
import random
import shlex
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CheckFailed, TilewrightError, last_line
from ..progress import Progress, silent
from .lost import BoardLost
from .ready import NotReady, address_when_ready
from .server_setup import ServerSetup, server_setup
from .wire import Address

_LOOPBACK = "127.0.0.1"
_PORTS = (20000, 32000)  # below those that systems give out by themselves
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_FAILED = 255  # ssh's own exit status: the command on the board does not use it
# No terminal, whatever the user's file says: it would keep the end of standard input from the server.
# A board that has vanished is noticed within 45 s.
_OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15")
# A connection of its own: in one that is shared, the tunnel would outlive the run.
_UNSHARED = ("-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "ExitOnForwardFailure=yes")


@contextmanager
def tunnel_to(destination: str, progress: Progress = silent) -> Iterator[Address]:
    """The address, on this machine, of a server on the board `destination` (USER@HOST).

    Sets the server up in the board's ~/.cache the first time.  Raises TilewrightError without an ssh here, BoardLost
    when the board cannot be reached or its server does not start, CheckFailed when the set-up fails there.
    """
    setup = server_setup()
    progress(f"looking for the server on {destination}, and setting it up if it is not there")
    _install(destination, setup)
    remote, local = Address(_LOOPBACK, random.randint(*_PORTS)), Address(_LOOPBACK, _free_port())
    command = [*_ssh(), *_UNSHARED, "-L", f"{local}:{remote}", destination, setup.serve(remote)]
    with tempfile.NamedTemporaryFile(prefix="tilewright-ssh-") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            _wait_until_ready(process, Path(log.name), destination)
            yield local
        finally:
            _stop(process)


def _install(destination: str, setup: ServerSetup) -> None:
    try:
        done = subprocess.run([*_ssh(), destination, setup.install], input=setup.archive, capture_output=True)
    except FileNotFoundError as error:
        raise TilewrightError(
            f"there is no {error.filename} here: install OpenSSH's client, or set TILEWRIGHT_SSH"
        ) from None
    last = last_line(done.stderr).rstrip(".")
    if done.returncode == _FAILED:
        by_hand = shlex.join([*_command(), destination, "true"])
        raise BoardLost(f"no way to {destination} ({last}): try `{by_hand}` by hand")
    if done.returncode != 0:
        raise CheckFailed(f"setting up the server on {destination} failed: {last}")


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, destination: str) -> None:
    try:
        address_when_ready(process, log, _START_SECONDS)
    except NotReady as why:
        raise BoardLost(f"the server on {destination} did not start: {why}") from None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The server's standard input ends, and so does the server, and ssh with it."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ssh() -> list[str]:
    return [*_command(), *_OPTIONS]


def _command() -> list[str]:
    return shlex.split(os.environ.get("TILEWRIGHT_SSH", "")) or ["ssh"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return probe.getsockname()[1]
