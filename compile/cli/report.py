"""`tilewright report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import TilewrightError

if TYPE_CHECKING:
    from ..report.page import Section


def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RESULTS.sqlite|NAME.log.jsonl]...",
            help="Of sweeps, or of trainings.",
            show_default="what was measured on this machine",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    model: Annotated[str | None, typer.Option(help="Of the measurements: of this model only.")] = None,
) -> None:
    """Make one HTML page with plots, of sweeps, of trainings, or of all that was measured on this machine."""
    from ..report.measured_section import measured_section
    from ..report.page import write_page
    from ..store import Store

    if files:
        title, sections = "Results", [_section_of(path) for path in files]
    else:
        store = Store()
        rows = store.measurements(model)
        if not any(row["engine"] == "tvm" for row in rows):
            of = f" of {model}" if model else ""
            raise TilewrightError(f"{store.path}: no measurement{of} yet; `tilewright bench MODEL` takes one")
        title, sections = "Measured on this machine", [measured_section(rows, store.path)]
    write_page(title, sections, output)
    print(f"{output}: written")


def _section_of(path: Path) -> Section:
    """Of a training's log, or of a sweep's results."""
    from ..report.sweep_section import sweep_section
    from ..report.training_section import LOG_SUFFIX, training_section
    from ..sweeping.results import read_results

    if path.name.endswith(LOG_SUFFIX):
        return training_section(path)
    return sweep_section(path, read_results(path))
