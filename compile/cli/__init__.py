"""The command line: one verb a file; each parses, calls, and prints."""

from __future__ import annotations

import os
import sys

from ..errors import TilewrightError

_INTERRUPTED = 130


def main() -> None:
    """The `tilewright` command.  Exit code 0: done; 1: a check failed; 2: wrong use; an error is one line."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code, message = attempt(arguments, debug="--debug" in sys.argv)
    except BrokenPipeError:  # the reader of our output went away: `tilewright models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code, message = 0, ""
    except KeyboardInterrupt:
        code, message = _INTERRUPTED, "stopped"
    if message:
        print(f"tilewright: {message}", file=sys.stderr)
    sys.exit(code)


def attempt(arguments: list[str], debug: bool = False) -> tuple[int, str]:
    """Run the command with these words -> its exit code, and in one line what went wrong.

    Raises what is no error of ours: a broken pipe, Control-C, and with `debug` everything.
    """
    from typer.exceptions import TyperException

    from .app import app

    try:
        code = app(args=arguments, prog_name="tilewright", standalone_mode=False) or 0
        if code == _INTERRUPTED:  # which is all that Typer leaves of a KeyboardInterrupt
            raise KeyboardInterrupt
        return code, ""
    except BrokenPipeError:
        raise
    except Exception as error:
        if debug:
            raise
        if isinstance(error, TyperException):  # the parser's own: an unknown option, a value of the wrong type
            code, message = getattr(error, "exit_code", 2), getattr(error, "format_message", error.__str__)()
            message = message.replace(": Value error, ", ": ")  # pydantic's word for what the rest says better
        elif isinstance(error, TilewrightError):
            code, message = error.exit_code, str(error)
        elif isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("tilewright"):
            # a base install, as on a board, asked to do more than run Bundles
            code, message = 2, f"this needs {error.name}, which is not installed: pip install 'tilewright[all]'"
        else:
            summary = (str(error).strip().splitlines() or [""])[-1]
            code, message = 1, f"{type(error).__name__}: {summary} (a bug: --debug shows where)"
        return code, " ".join(message.split())
