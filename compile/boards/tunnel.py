"""A board over SSH: set up once, its server started for this run, and reached through a tunnel.

One `ssh` is both the tunnel and the server's parent: the server listens on the board's own 127.0.0.1, and ends when
the connection does.  TILEWRIGHT_SSH is the command to use in place of `ssh`, with options.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import io
import os
import random
import shlex
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CheckFailed
from ..progress import Progress, silent
from .box.wheels import OTHERS, TVM
from .connection import BoardLost
from .wire import Address

_ROOMS = ("compile", "models", "schedules")  # of the package: what the server imports
_LOOPBACK = "127.0.0.1"
_PORTS = (20000, 32000)  # below those that systems give out by themselves
_START_SECONDS = 60.0
_INSTALL = """set -e
home="$HOME/.cache/tilewright/server-{name}"
if [ ! -e "$home/ready" ]; then
    rm -rf "$home"; mkdir -p "$home/packages"
    tar -xzf - -C "$home/packages"
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: {others}
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps {tvm}
    touch "$home/ready"
else cat > /dev/null
fi"""
_SERVE = (
    'cd /tmp && PYTHONPATH="$HOME/.cache/tilewright/server-{name}/packages" TVM_USE_RUNTIME_LIB=1 exec '
    '"$HOME/.cache/tilewright/server-{name}/venv/bin/python" -m tilewright.compile.boards.on_board.server {address}'
)


@contextmanager
def tunnel_to(destination: str, progress: Progress = silent) -> Iterator[Address]:
    """The address, on this machine, of a server on the board `destination` (USER@HOST).

    Sets the server up in the board's ~/.cache the first time: 400 MB, a few minutes on a Raspberry Pi.
    Raises BoardLost when the board cannot be reached, CheckFailed when the set-up fails there.
    """
    archive = _packages()
    name = hashlib.sha256(archive + repr((OTHERS, TVM)).encode()).hexdigest()[:12]
    progress(f"looking for the server on {destination}, and setting it up if it is not there")
    _install(destination, name, archive)
    remote, local = Address(_LOOPBACK, random.randint(*_PORTS)), Address(_LOOPBACK, _free_port())
    forward = ["-o", "ExitOnForwardFailure=yes", "-L", f"{local}:{remote}"]
    with tempfile.TemporaryFile("w+") as log:
        command = [*_ssh(), *forward, destination, _SERVE.format(name=name, address=remote)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True)
        try:
            _wait_until_ready(process, log, destination)
            yield local
        finally:
            assert process.stdin is not None
            process.stdin.close()  # the server's standard input ends, and so does the server
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


def _install(destination: str, name: str, archive: bytes) -> None:
    script = _INSTALL.format(name=name, others=shlex.join(OTHERS), tvm=shlex.join(TVM))
    done = subprocess.run([*_ssh(), destination, script], input=archive, capture_output=True)
    words = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()] or ["no message"]
    if done.returncode == 255:  # ssh's own failure
        raise BoardLost(f"ssh {destination}: {words[-1].strip()}: try `ssh {destination} true` by hand")
    if done.returncode != 0:
        raise CheckFailed(f"setting up the server on {destination} failed: {words[-1].strip()}")


def _wait_until_ready(process: subprocess.Popen[str], log: io.TextIOBase, destination: str) -> None:
    began = time.monotonic()
    while time.monotonic() - began < _START_SECONDS:
        log.seek(0)
        text = log.read()
        if "ready on" in text:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    words = [line for line in text.splitlines() if line.strip()] or ["no message"]
    raise BoardLost(f"the server on {destination} did not start: {words[-1].strip()}")


def _packages() -> bytes:
    """The project's own Python files as tar.gz, the same bytes for the same files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for room in _ROOMS:
            spec = importlib.util.find_spec(f"tilewright.{room}")
            assert spec is not None and spec.submodule_search_locations
            root = Path(next(iter(spec.submodule_search_locations)))
            for file in sorted(root.rglob("*.py")):
                member = tarfile.TarInfo(f"tilewright/{room}/{file.relative_to(root)}")
                member.size = file.stat().st_size
                with file.open("rb") as content:
                    tar.addfile(member, content)
    return gzip.compress(plain.getvalue(), mtime=0)


def _ssh() -> list[str]:
    return [*shlex.split(os.environ.get("TILEWRIGHT_SSH", "ssh")), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return probe.getsockname()[1]
