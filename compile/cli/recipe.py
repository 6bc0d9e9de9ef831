"""Verbs that take their options from a file: `--recipe FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from ..errors import TilewrightError

Recipe = Annotated[
    Path | None,
    typer.Option(
        "--recipe", metavar="FILE", help="A TOML file with the options, in a table named as the verb; others win."
    ),
]


_NOT_IN_A_FILE = ("--recipe", "--output", "--json")


class RecipeCommand(TyperCommand):
    """Puts the recipe's options before those that were typed, which then count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click.Command."""
        if (path := _recipe_in(args)) is not None:
            from ..sweeping.toml import read_toml, words_of

            table = read_toml(path).get(str(self.name))
            if not isinstance(table, dict):
                raise TilewrightError(f"{path}: has no table [{self.name}]")
            named = {one.name for one in self.params if one.param_type_name == "argument"}
            ctx.default_map = {name: value for name, value in table.items() if name in named}
            rest = {name: value for name, value in table.items() if name not in named}
            args = [*words_of(rest, options_of(self), f"[{self.name}] of {path}"), *args]
        return super().parse_args(ctx, args)


def options_of(command: Any) -> dict[str, str | None]:
    """The long options of a verb, such as "--round-to", with the word that says the contrary, where there is one.

    Without what makes no sense in a file.
    """
    found: dict[str, str | None] = {}
    for one in command.params:
        contrary = next(iter(one.secondary_opts), None)
        found |= {name: contrary for name in one.opts if name.startswith("--")}
        found |= {name: None for name in one.secondary_opts if name.startswith("--")}
    return {name: contrary for name, contrary in found.items() if name not in _NOT_IN_A_FILE}


def _recipe_in(args: list[str]) -> Path | None:
    for place, word in enumerate(args):
        if word == "--recipe" and place + 1 < len(args):
            return Path(args[place + 1])
        if word.startswith("--recipe="):
            return Path(word.removeprefix("--recipe="))
    return None
