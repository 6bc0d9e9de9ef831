"""Find qemu's user-mode emulator of 64-bit Arm."""

from __future__ import annotations

import shutil

from ...errors import TilewrightError

NAME = "qemu-aarch64"
INSTALL = "sudo apt-get install -y qemu-user"


def find_emulator() -> str:
    """The emulator's path.  Raises TilewrightError, with how to install it, where there is none.

    Debian's qemu-user-static will not do: it has no plugins, which count instructions.
    """
    found = shutil.which(NAME)
    if found is None:
        raise TilewrightError(f"a board in a box needs the emulator {NAME}: {INSTALL} (Fedora: dnf install qemu-user)")
    return found
