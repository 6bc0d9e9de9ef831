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


class RecipeCommand(TyperCommand):
    """Puts the recipe's options before those that were typed, which then count."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click.Command."""
        if (path := _recipe_in(args)) is not None:
            from ..sweeping.toml import read_toml, words_of

            table = read_toml(path).get(str(self.name))
            if not isinstance(table, dict):
                raise TilewrightError(f"{path}: has no table [{self.name}]")
            args = [*words_of(table, options_of(self), f"[{self.name}] of {path}"), *args]
        return super().parse_args(ctx, args)


def options_of(command: Any) -> set[str]:
    """The long options of a verb, such as "--round-to"; without what makes no sense in a file."""
    names = {name for one in command.params for name in (*one.opts, *one.secondary_opts) if name.startswith("--")}
    return names - {"--recipe", "--output", "--json"}


def _recipe_in(args: list[str]) -> Path | None:
    for place, word in enumerate(args):
        if word == "--recipe" and place + 1 < len(args):
            return Path(args[place + 1])
        if word.startswith("--recipe="):
            return Path(word.removeprefix("--recipe="))
    return None
