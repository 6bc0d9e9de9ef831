"""`tilewright board`: boards in a box, the server for a real one, the tracker of a farm, and what is wrong with one."""

from __future__ import annotations

import getpass
import os
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .board_options import BoardName, Key, Rpc, Ssh, Tracker
from .console import json_file, progress
from .options import Json

board_app = typer.Typer(no_args_is_help=True, help="Boards: in a box, real ones, and farms of them.")
_LOOPBACK = "127.0.0.1"
Host = Annotated[
    str, typer.Option(help="Address to listen on. TVM RPC runs whatever it is sent: 0.0.0.0 opens it to the network.")
]
_KeyName = Annotated[str, typer.Option("--key", help="The name that boards of this kind are asked for by.")]


@board_app.command()
def up(
    cpu: Annotated[str, typer.Option(help="cortex-a53 (Pi 3), cortex-a72 (Pi 4) or cortex-a76 (Pi 5).")] = "cortex-a72",
    port: Annotated[int, typer.Option(show_default="any free one")] = 0,
    count: Annotated[int, typer.Option(min=1, help="How many boards.")] = 1,
    tracker: Tracker = None,
    key: _KeyName = "",
    modelled: Annotated[
        bool, typer.Option("--modelled", help="Count, and answer timers with a modelled clock.")
    ] = False,
) -> None:
    """Start a board in a box on 127.0.0.1, and keep it until Ctrl-C."""
    from ..boards.box.box import Box
    from ..boards.wire import Address
    from ..errors import CheckFailed

    farm = Address.parse(tracker, "--tracker") if tracker else None
    _end_quietly()
    with ExitStack() as stack:
        with progress() as tell:
            boxes = [
                stack.enter_context(
                    Box(
                        cpu,
                        port=port + number if port else 0,
                        key=key,
                        tracker=farm,
                        counting="everything" if modelled else "nothing",
                        progress=tell,
                    )
                )
                for number in range(count)
            ]
        for box in boxes:
            print(
                f"{cpu} in a box on {box.address}: tilewright bench MODEL --target {box.processor.target} --rpc "
                f"{box.address}",
                flush=True,
            )
        print("Ctrl-C stops it", flush=True)
        while all(box.running for box in boxes):
            time.sleep(0.2)
        gone = next(box for box in boxes if not box.running)
        raise CheckFailed(f"the board in a box on {gone.address} has ended: {gone.last_words()}")


@board_app.command()
def serve(
    host: Host = _LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 9090,
    tracker: Tracker = None,
    key: _KeyName = "",
) -> None:
    """Serve this machine as a board, until Ctrl-C: run this on a Raspberry Pi."""
    from ..boards.on_board.server import BoardServer
    from ..boards.wire import Address

    told = _told_to_end()
    server = BoardServer(Address(host, port), key, Address.parse(tracker, "--tracker") if tracker else None)
    try:
        server.serve(told)
    finally:
        server.close()


@board_app.command("tracker")
def tracker_(
    host: Host = _LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 9190,
) -> None:
    """Hand out the boards that register here, until Ctrl-C."""
    from ..boards.farm import boards
    from ..boards.tracker import Tracker as Running
    from ..boards.wire import Address

    _end_quietly()
    with Running(Address(host, port)) as running:
        print(
            f"tracker on {running.address}: tilewright board serve --tracker {running.address} --key rpi4", flush=True
        )
        known: dict[str, list[str]] = {}
        while running.running:
            time.sleep(1.0)
            now = boards(running.address)
            for name in sorted({*known, *now}):
                if sorted(known.get(name, [])) != sorted(now.get(name, [])):
                    print(f"{name}: {', '.join(sorted(now.get(name, []))) or 'none left'}", flush=True)
            known = now


@board_app.command()
def doctor(
    bundle: Annotated[Path | None, typer.Argument(metavar="[BUNDLE]", help="A Bundle that is to run there.")] = None,
    rpc: Rpc = None,
    tracker: Tracker = None,
    key: Key = None,
    board: BoardName = None,
    ssh: Ssh = None,
    json: Json = None,
) -> None:
    """Look at a board: versions, connection, a trial kernel, the CPU, clock and heat; what is wrong and its cure."""
    from ..boards.choice import BoardChoice
    from ..boards.doctor import examine
    from .doctor import print_findings

    choice = BoardChoice(rpc, tracker, key, board, ssh)
    with json_file(json) as write:
        with progress() as tell:
            findings = examine(choice, bundle, tell)
        write([asdict(finding) for finding in findings])
    print_findings(findings)


@board_app.command()
def unit(
    key: _KeyName = "",
    tracker: Tracker = None,
) -> None:
    """Print a systemd unit that serves this machine as a board from every start on."""
    from ..boards.systemd import unit_file

    print(unit_file(str(Path(sys.executable).with_name("tilewright")), getpass.getuser(), key, tracker), end="")


_ENDING = (signal.SIGINT, signal.SIGTERM)


def _end_quietly() -> None:
    """On Ctrl-C and SIGTERM, with everything ended and removed: that is how these verbs end."""
    for number in _ENDING:
        signal.signal(number, lambda *_: sys.exit(0))


def _told_to_end() -> int:
    """A file that can be read once there was one of these: what a handler raises is lost where Python forks."""
    reader, writer = os.pipe()
    for number in _ENDING:
        signal.signal(number, lambda *_: os.write(writer, b"\0"))
    return reader
