"""The tables of a Markdown page, by the heading they stand under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Table:
    """`section` is its heading; rows of cells, where an empty first cell stands for the one above."""

    section: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> list[float | None]:
        """The numbers of a column; None where a cell is empty."""
        at = list(self.names).index(name)
        return [number(row[at]) for row in self.rows]


def tables_of(page: Path, section: str) -> list[Table]:
    """Those under the heading that begins with `section`, in their order."""
    found = [one for one in _tables(page.read_text(encoding="utf-8").splitlines()) if one.section.startswith(section)]
    if not found:
        raise SystemExit(f"{page}: no table under a heading {section!r}")
    return found


def number(cell: str) -> float | None:
    """Of "**98.95 %**", "1,794,036" or "259"; of several ("4.20, 4.54") their mean."""
    parts = [part.strip("* %") for part in cell.split(", ")]
    return sum(float(part.replace(",", "")) for part in parts) / len(parts) if any(parts) else None


def _tables(lines: Sequence[str]) -> Iterator[Table]:
    section, block = "", []
    for line in [*lines, ""]:
        if line.startswith("|"):
            block.append([cell.strip() for cell in line.strip("|").split("|")])
        elif block:
            names, _, *rows = block
            yield Table(section, names, list(_filled(rows)))
            block = []
        if line.startswith("#"):
            section = line.lstrip("# ")


def _filled(rows: Sequence[list[str]]) -> Iterator[list[str]]:
    above = ""
    for row in rows:
        above = row[0] or above
        yield [above.replace("*", ""), *row[1:]]
