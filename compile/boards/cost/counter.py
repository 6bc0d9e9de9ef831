"""Ask the counting plugin for its counts.  Runs on the board: no NumPy, no TVM."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from ...errors import TilewrightError
from .counts import Counts, parse

VARIABLE = "TILEWRIGHT_COUNTS"
_ASK = 0x1C0DE  # no such kind of priority: the kernel refuses it, and the plugin knows whom it is for
_QUESTIONS = 256  # answers that may wait to be read
MOST_CALLS = _QUESTIONS - 1
LONG_INSTRUCTIONS = 1e8  # asking takes some thousands


def read_counts() -> Counts:
    """Counts of this process until now.  Raises TilewrightError where no plugin answers."""
    _ask(0)
    return _answer(0)


def count(call: Callable[[], object], warmups: int = 4) -> Counts:
    """Counts of one call, after `warmups`.

    One call between two questions is subtracted from two calls between two: so the cost of asking cancels out.
    Answers are read at the end: reading costs far more than asking, and never twice the same.
    Beside a long call asking is nothing: the first one counts, which minutes of an emulator depend on.  It goes through
    all caches whatever they hold, and whoever counts a network has run it before.
    """
    first = _with_question(call)
    if first.instructions >= LONG_INSTRUCTIONS:
        return first
    for _ in range(warmups - 1):
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


def _with_question(call: Callable[[], object]) -> Counts:
    """Counts of one call and of asking."""
    _ask(0)
    call()
    _ask(1)
    return _answer(1) - _answer(0)


def count_in_turn(*calls: Callable[[], object]) -> list[Counts]:
    """Counts of each of up to MOST_CALLS calls: the cost of asking is in each, and in no difference of two."""
    assert len(calls) <= MOST_CALLS
    collecting = gc.isenabled()
    gc.disable()  # it would come to one call and not to the other
    try:
        for question in (*range(len(calls) + 1), 0):  # the first ones warm up what asking takes
            _ask(question)
        for question, call in enumerate(calls, 1):
            call()
            _ask(question)
    finally:
        if collecting:
            gc.enable()
    answers = [_answer(question) for question in range(len(calls) + 1)]
    return [after - before for before, after in pairwise(answers)]


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
