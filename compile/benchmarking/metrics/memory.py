"""Peak memory of this process."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_rss_bytes() -> int:
    """The most resident memory this process has had, in bytes: interpreter and libraries included.

    Read from /proc: what getrusage tells includes the parent's memory, which a child has until it runs exec.
    """
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024  # the kernel's "kB" is KiB
