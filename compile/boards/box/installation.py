"""What every board in a box shares, set up once in the user's cache: userland, wheels, and how to start them."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...files import replacing
from ...progress import Progress, silent
from ..own_packages import own_packages
from . import userland, wheels
from .processors import Processor

_FORMAT = "1"  # of the folder: another one is set up anew
# TVM's server and our workers start sys.executable again.  Without binfmt_misc that has to be a program of the host's:
# -0 makes the guest see this script as its own executable.
_PYTHON = """#!/bin/sh
exec "$BOARD_QEMU" -cpu "$BOARD_CPU" $BOARD_QEMU_ARGUMENTS -0 "$0" -L "$BOARD_ROOT" "$BOARD_ROOT/usr/bin/python3" "$@"
"""


@dataclass(frozen=True)
class Installation:
    """`folder` holds root (the userland), site (the wheels), board-python, and one view of root a processor."""

    folder: Path

    @property
    def python(self) -> Path:
        """The guest's Python, as a program of the host's."""
        return self.folder / "board-python"

    def root_of(self, processor: Processor) -> Path:
        """The userland as this processor's board has it: with its own /proc/cpuinfo."""
        view = self.folder / "views" / processor.name
        if not (view / "proc/cpuinfo").is_file():
            with replacing(view, folder=True) as beside:
                (beside / "proc").mkdir(parents=True)
                for entry in (self.folder / "root").iterdir():
                    (beside / entry.name).symlink_to(Path("../../root") / entry.name)
                # ONNX Runtime reads it, would see an x86 through qemu, and ends.
                (beside / "proc/cpuinfo").write_text(processor.cpuinfo(), encoding="ascii")
        return view


def install(progress: Progress = silent) -> Installation:
    """The installation, set up if it is not there yet: a minute and 250 MB of disk.

    Raises TilewrightError without apt or without network.
    """
    cache = cache_folder()
    folder = (
        cache / hashlib.sha256(repr((_FORMAT, userland.PACKAGES, wheels.TVM, wheels.OTHERS)).encode()).hexdigest()[:12]
    )
    with _locked(cache / "lock"):
        if not folder.is_dir():
            with replacing(folder, folder=True) as beside:
                progress("setting up the board: Debian's arm64 packages")
                beside.mkdir()
                userland.unpack_userland(beside / "root")
                progress("setting up the board: aarch64 wheels")
                wheels.install_wheels(beside / "site", userland.guest_python(beside / "root"))
                (beside / "board-python").write_text(_PYTHON, encoding="ascii")
                (beside / "board-python").chmod(0o755)
    return Installation(folder)


def cache_folder() -> Path:
    """Where boards in a box are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("tilewright") / "board"


def link_packages(folder: Path) -> None:
    """Make `folder` a place from which the guest imports this very tilewright."""
    (folder / "tilewright").mkdir(parents=True)
    for name, package in own_packages().items():
        (folder / "tilewright" / name).symlink_to(package)
    version = importlib.metadata.version("tilewright")
    metadata = folder / f"tilewright-{version}.dist-info"  # so that it knows its version
    metadata.mkdir()
    fields = f"Metadata-Version: 2.1\nName: tilewright\nVersion: {version}\n"
    (metadata / "METADATA").write_text(fields, encoding="ascii")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
