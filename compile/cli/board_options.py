"""The options that say on which board: shared by the verbs that run engines."""

from __future__ import annotations

from typing import Annotated

import typer

_PANEL = "Boards"
Rpc = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="On the board whose server is there.", rich_help_panel=_PANEL)
]
Tracker = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="On a board of this farm, with --key.", rich_help_panel=_PANEL)
]
Key = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which boards of the farm, such as rpi4.", rich_help_panel=_PANEL)
]
BoardName = Annotated[
    str | None,
    typer.Option(
        "--board", metavar="box[:CPU]", help="On a board in a box, started for this run.", rich_help_panel=_PANEL
    ),
]
Ssh = Annotated[
    str | None,
    typer.Option(metavar="USER@HOST", help="On this board: sets it up, tunnels to it.", rich_help_panel=_PANEL),
]
