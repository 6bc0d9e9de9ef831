"""`tilewright report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import TilewrightError


def report(
    sweeps: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RESULTS.sqlite]...", help="Of sweeps. [default: what was measured on this machine]"),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    model: Annotated[str | None, typer.Option(help="Of the measurements: of this model only.")] = None,
) -> None:
    """Make one HTML page with plots, of sweeps' results or of all that was measured on this machine."""
    from ..report.measured_section import measured_section
    from ..report.page import write_page
    from ..report.sweep_section import sweep_section
    from ..store import Store
    from ..sweeping.results import read_results

    if sweeps:
        title, sections = "Sweeps", [sweep_section(path, read_results(path)) for path in sweeps]
    else:
        store = Store()
        rows = store.measurements(model)
        if not any(row["engine"] == "tvm" for row in rows):
            of = f" of {model}" if model else ""
            raise TilewrightError(f"{store.path}: no measurement{of} yet; `tilewright bench MODEL` takes one")
        title, sections = "Measured on this machine", [measured_section(rows, store.path)]
    write_page(title, sections, output)
    print(f"{output}: written")
