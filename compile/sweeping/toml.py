"""Reading a recipe: a TOML file with a table for each verb, its options by their names."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import TilewrightError, unknown_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]  (the same under its older name)


def read_toml(path: Path) -> dict[str, Any]:
    """Raises TilewrightError, with the line, where `path` is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TilewrightError(f"{path}: {error}") from None
    except OSError as error:
        raise TilewrightError(f"{path}: {error.strerror}") from None


def words_of(options: Mapping[str, Any], known: Mapping[str, str | None], where: str) -> list[str]:
    """The command line's words for a table: {"round_to": 8, "layer": ["a=1"], "dynamic": True} -> --round-to 8 ...

    `known` are the verb's options, with the word for False of those that have one, such as --bfloat16's --float32; of
    others False leaves the option out.  Raises TilewrightError for an option that is not known, naming `where`.
    """
    words: list[str] = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if option not in known:
            raise unknown_name(f"option in {where}", name, (one.removeprefix("--") for one in known))
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, (dict, list)):
                raise TilewrightError(f"{where}: {name} takes a value or a list of values")
            word = known[option] if one is False else option if one is True else f"{option}={one}"
            words += [word] if word is not None else []
    return words
