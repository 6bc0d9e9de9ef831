"""`--help` shows all that is said of an option: Rich takes [markup] out of it, and has a picture for :bus:."""

import re

import pytest
import typer
from tilewright.compile.cli.app import app
from typer.testing import CliRunner


def _commands(command, path=()):
    if not hasattr(command, "commands"):
        return {path: command}
    return {name: one for verb, sub in command.commands.items() for name, one in _commands(sub, (*path, verb)).items()}


COMMANDS = _commands(typer.main.get_command(app))


def _words(text):
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text.replace("\\[", "[")).split())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_options_are_shown_with_all_their_words_and_defaults(path):
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "400"})
    assert shown.exit_code == 0
    told = _words(shown.output)
    for parameter in COMMANDS[path].params:
        assert _words(getattr(parameter, "help", None) or "") in told
        default = getattr(parameter, "show_default", None)
        assert not isinstance(default, str) or f"[default: ({default})]" in told
