"""Ask the counting plugin for its counts.  Runs on the board: no NumPy, no TVM."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...errors import TilewrightError
from .counts import Counts, parse

VARIABLE = "TILEWRIGHT_COUNTS"
_ASK = 0x1C0DE  # no such kind of priority: the kernel refuses it, and the plugin knows whom it is for


def read_counts() -> Counts:
    """Counts of this process until now.

    The answer is a file of the process's own, so that the sessions of a server do not read each other's.
    Raises TilewrightError where no plugin answers.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        raise TilewrightError(f"nothing counts here: {VARIABLE} is not set; start the board with a modelled clock")
    with suppress(OSError):  # the kernel's refusal: EINVAL
        os.getpriority(_ASK, os.getpid())
    answer = Path(f"{name}.{os.getpid()}")
    if not answer.is_file():
        raise TilewrightError(f"nothing counts here: no answer in {answer}; start the board with a modelled clock")
    text = answer.read_text(encoding="ascii")
    answer.unlink()  # an old answer must never be taken for a new one
    return parse(text)


def count(call: Callable[[], object], warmups: int = 4) -> Counts:
    """Counts of one call, after `warmups`.

    One call between two readings is subtracted from two calls between two: so the cost of reading cancels out.
    """
    for _ in range(warmups):
        call()
        read_counts()
    first = read_counts()
    call()
    second = read_counts()
    call()
    call()
    third = read_counts()
    return (third - second) - (second - first)


def count_after(before: Callable[[], object], call: Callable[[], object], warmups: int = 4) -> Counts:
    """Counts of one call with `before` run ahead of it, uncounted: to empty the caches, say."""
    for _ in range(warmups):
        call()
        read_counts()
    first = read_counts()
    second = read_counts()
    before()
    third = read_counts()
    call()
    fourth = read_counts()
    return (fourth - third) - (second - first)
