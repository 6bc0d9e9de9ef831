"""`tilewright records`: what tuning has put down."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import print_table
from .options import TargetName

if TYPE_CHECKING:
    from ..targets import Target

records_app = typer.Typer(
    help="List, compact, export and import the records of tuning.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Logs = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The folder of logs.", show_default="the shipped ones and the user's")
]
Written = Annotated[int, typer.Option("--threads", min=1, help="Times with so many are written, no others.")]
Read = Annotated[
    int, typer.Option("--threads", min=1, help="With which the times were taken, where the file does not say.")
]


class Form(str, Enum):
    """Whose files."""

    autotvm = "autotvm"
    metaschedule = "metaschedule"


@records_app.command("list")
def list_(target: TargetName = "native", logs: Logs = None) -> None:
    """Show the best on record for each layer, and what the logs hold that is not used."""
    from ..report.records_table import records_table
    from ..tuning.choose import require_choice
    from ..tuning.log import read_log

    chosen = _resolve(target)
    log = read_log(chosen.name, logs)
    print_table(records_table(log, require_choice(chosen, logs)))
    for note in log.passed_over:
        typer.echo(note, err=True)


@records_app.command()
def compact(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the few that are worth keeping go.")],
    logs: Annotated[Path, typer.Option(metavar="DIR", help="The folder of logs to read.")],
    target: TargetName = "native",
) -> None:
    """Keep each layer's few fastest, those that need less memory, and the marks of finished layers."""
    from ..tuning.compact import compact_file

    count = compact_file(logs, _resolve(target).name, file)
    print(f"{file}: {count} lines")


@records_app.command("export")
def export_(
    form: Form,
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A log, or the folder of a database.")],
    target: TargetName = "native",
    threads: Written = 1,
    logs: Logs = None,
) -> None:
    """Write records as a plain AutoTVM log (kernels and templates), or a MetaSchedule database (traces)."""
    from ..files import replacing
    from ..tuning.exchange.autotvm_log import to_autotvm
    from ..tuning.exchange.metaschedule_database import to_database
    from ..tuning.log import read_records

    chosen = _resolve(target)
    records = read_records(chosen.name, logs)
    if form is Form.metaschedule:
        found, what = to_database(records, chosen, to, threads), "traces"
    else:
        lines, found = to_autotvm(records, chosen, threads)
        what = "lines"
        with replacing(to) as beside:
            beside.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    for reason, count in sorted(found.left_out.items()):
        typer.echo(f"{count} {reason} are not written", err=True)
    clock = ", by the MODELLED clock" if found.modelled else ""
    print(f"{to}: {len(found.records)} {what}, times with {threads} thread(s){clock}")


@records_app.command("import")
def import_(
    form: Form,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A log, or the folder of a database.", exists=True)],
    target: TargetName = "native",
    threads: Read = 1,
    logs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the records go.", show_default="the user's data folder")
    ] = None,
) -> None:
    """Read what AutoTVM or MetaSchedule measured; what does not say how counts as measured alone."""
    from ..tuning.exchange.autotvm_log import from_autotvm
    from ..tuning.exchange.metaschedule_database import from_database
    from ..tuning.log import append, user_logs

    chosen, folder = _resolve(target), logs or user_logs()
    found = (from_autotvm if form is Form.autotvm else from_database)(source, chosen, threads)
    append(found.records, folder)
    for reason, count in sorted(found.passed_over.items()):
        typer.echo(f"{count} {reason} are not used", err=True)
    print(f"{len(found.records)} records in {folder / chosen.name}")


def _resolve(target: str) -> Target:
    from ..targets import resolve

    return resolve(target)
