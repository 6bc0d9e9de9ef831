"""The command line: one verb a file; each parses, calls, and prints."""

from __future__ import annotations

import os
import sys

from ..errors import TilewrightError


def main() -> None:
    """The `tilewright` command.  Exit code 0: done; 1: a check failed; 2: wrong use; an error is one line."""
    from typer.exceptions import TyperException

    from .app import app

    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        code = app(args=arguments, prog_name="tilewright", standalone_mode=False)
    except TyperException as error:  # the parser's own: an unknown option, a value of the wrong type
        if debug:
            raise
        code = _fail(getattr(error, "format_message", error.__str__)(), getattr(error, "exit_code", 2))
    except TilewrightError as error:
        if debug:
            raise
        code = _fail(str(error), error.exit_code)
    except ModuleNotFoundError as error:  # a base install, as on a board, asked to do more than run Bundles
        if debug or (error.name or "").startswith("tilewright"):
            raise
        code = _fail(f"this needs {error.name}, which is not installed: pip install 'tilewright[all]'", 2)
    except BrokenPipeError:  # the reader of our output went away: `tilewright models | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        code = _fail("stopped", 130)
    except Exception as error:
        if debug:
            raise
        summary = (str(error).strip().splitlines() or [""])[-1]
        code = _fail(f"{type(error).__name__}: {summary} (a bug: --debug shows where)", 1)
    sys.exit(code or 0)


def _fail(message: str, code: int) -> int:
    print(f"tilewright: {' '.join(message.split())}", file=sys.stderr)
    return code
