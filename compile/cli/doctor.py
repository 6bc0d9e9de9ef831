"""`tilewright doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from .console import json_file, print_table, progress
from .options import Json

if TYPE_CHECKING:
    from ..host_state import Finding


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Do not measure the machine's peaks (15 s).")] = False,
    json: Json = None,
) -> None:
    """Look at this machine: what is installed, what the CPU can do at its best, what is missing and its cure."""
    from ..doctor import examine

    with json_file(json) as write:
        with progress() as tell:
            tell("looking" if quick else "looking, and measuring the FMA peak and the bandwidth")
            findings = examine(measure=not quick)
        write([asdict(finding) for finding in findings])
    print_findings(findings)


def print_findings(findings: Sequence[Finding]) -> None:
    """As a table.  Raises typer.Exit with code 1 when something is missing."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    colours = {"ok": "green", "warning": "yellow", "missing": "red"}
    for finding in findings:
        text = Text.assemble(finding.text, " ", (finding.cure, "bold"))
        table.add_row(Text(finding.status, colours[finding.status]), finding.topic, text)
    print_table(table)
    if any(finding.status == "missing" for finding in findings):
        raise typer.Exit(1)
