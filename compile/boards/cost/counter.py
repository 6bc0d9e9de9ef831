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
_QUESTIONS = 4  # answers that may wait to be read


def read_counts() -> Counts:
    """Counts of this process until now.  Raises TilewrightError where no plugin answers."""
    _ask(0)
    return _answer(0)


def count(call: Callable[[], object], warmups: int = 4) -> Counts:
    """Counts of one call, after `warmups`.

    One call between two questions is subtracted from two calls between two: so the cost of asking cancels out.
    Answers are read at the end: reading costs far more than asking, and never twice the same.
    """
    for _ in range(warmups):
        call()
        _ask(1)
    _ask(1)
    call()
    _ask(2)
    call()
    call()
    _ask(3)
    first, second, third = (_answer(question) for question in (1, 2, 3))
    return (third - second) - (second - first)


def count_after(before: Callable[[], object], call: Callable[[], object], warmups: int = 4) -> Counts:
    """Counts of one call with `before` run ahead of it, uncounted: to empty the caches, say."""
    for _ in range(warmups):
        call()
        _ask(0)
    _ask(0)
    _ask(1)
    before()
    _ask(2)
    call()
    _ask(3)
    start, asked, ready, done = (_answer(question) for question in range(_QUESTIONS))
    return (done - ready) - (asked - start)


def _ask(question: int) -> None:
    """Have the plugin write its counts: to a file of the process's own, for a server has several."""
    with suppress(OSError):  # the kernel's refusal: EINVAL
        os.getpriority(_ASK, os.getpid() * _QUESTIONS + question)


def _answer(question: int) -> Counts:
    name = os.environ.get(VARIABLE)
    if not name:
        raise TilewrightError(f"nothing counts here: {VARIABLE} is not set; start the board with a modelled clock")
    answer = Path(f"{name}.{os.getpid() * _QUESTIONS + question}")
    if not answer.is_file():
        raise TilewrightError(f"nothing counts here: no answer in {answer}; start the board with a modelled clock")
    text = answer.read_text(encoding="ascii")
    answer.unlink()  # an old answer must never be taken for a new one
    return parse(text)
