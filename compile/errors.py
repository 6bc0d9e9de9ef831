"""The errors a user can cause or must know of: one sentence that says what to do, and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TilewrightError(Exception):
    """Wrong use: a bad file, name, shape or option.  The command line prints it and exits with 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class CheckFailed(TilewrightError):
    """The input was fine, but a check on the result was not (a wrong answer, say).  Exit code 1."""

    exit_code = 1


def last_line(said: object, otherwise: str = "no message") -> str:
    """The last line with anything in it of an error, or of a program's output: TVM's say what is wrong there."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), otherwise)


def unknown_name(kind: str, name: str, known: Iterable[str], hint: str = "") -> TilewrightError:
    """The error for a name that is not known, with the near ones, or all when none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    choice = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}."
    return TilewrightError(f"unknown {kind} {name!r}: {choice} {hint}")
