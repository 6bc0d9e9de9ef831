"""A Debian arm64 userland in a folder: Python and the C and C++ libraries, unpacked from this system's own packages.

No root, no chroot and no dpkg database: a private state of apt's over this machine's own sources, then dpkg-deb.
Scripts of the packages do not run.
"""

from __future__ import annotations

import getpass
import platform
import re
import shutil
import subprocess
from pathlib import Path

from ...errors import TilewrightError

PACKAGES = ("python3", "libstdc++6", "libgcc-s1")
_UBUNTU = "http://ports.ubuntu.com/ubuntu-ports"  # where Ubuntu keeps arm64


def unpack_userland(folder: Path, packages: tuple[str, ...] = PACKAGES, architecture: str = "arm64") -> None:
    """Download `packages`, and what they depend on, for `architecture` and unpack them into `folder`.

    Raises TilewrightError where there is no apt, and when it fails.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise TilewrightError("the board's userland is made of Debian packages: apt-get and dpkg-deb are needed")
    state = folder.with_name(folder.name + ".apt")
    for part in ("lists/partial", "cache/archives/partial", "log"):
        (state / part).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    options = _options(state, architecture)
    stale = _apt([*options, "update"])  # one suite that is out of step on a mirror need not matter
    failed = _apt([*options, "-y", "--download-only", "install", *packages])
    if failed:
        raise TilewrightError(f"apt-get could not fetch the board's packages: {stale or failed}")
    folder.mkdir(exist_ok=True)
    for package in sorted((state / "cache/archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    shutil.rmtree(state)


def guest_python(root: Path) -> str:
    """The userland's Python version, such as "3.11"."""
    return (root / "usr/bin/python3").readlink().name.removeprefix("python")


def _options(state: Path, architecture: str) -> list[str]:
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "Dir::State": state,
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::State::extended_states": state / "extended",
        "Dir::Cache": state / "cache",
        "Dir::Log": state / "log",
        "APT::Install-Recommends": 0,
        "Acquire::Languages": "none",
        "APT::Sandbox::User": getpass.getuser(),
        "Debug::NoLocking": 1,
    }
    if "ubuntu" in platform.freedesktop_os_release().get("ID", ""):
        release = platform.freedesktop_os_release()["VERSION_CODENAME"]
        (state / "sources.list").write_text(f"deb {_UBUNTU} {release} main universe\n", encoding="ascii")
        settings |= {"Dir::Etc::sourcelist": state / "sources.list", "Dir::Etc::sourceparts": "-"}
    return ["-q", *(part for key, value in settings.items() for part in ("-o", f"{key}={value}"))]


def _apt(arguments: list[str]) -> str:
    """Run apt-get; returns its first error, empty when all went well."""
    done = subprocess.run(["apt-get", *arguments], capture_output=True, text=True)
    errors = re.findall(r"^E: (.*)$", done.stderr, re.MULTILINE) or ["no reason given"]
    return errors[0] if done.returncode != 0 else ""
