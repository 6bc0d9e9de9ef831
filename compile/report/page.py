"""A report: one HTML file that needs no other, its pictures drawn into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import TilewrightError
from ..files import replacing

_TEMPLATE = Path(__file__).with_name("page.html.j2")


@dataclass(frozen=True)
class PageTable:
    """The columns' names, of which the first `words` hold words and the others numbers, and rows of cells."""

    names: Sequence[str]
    words: int
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A heading, a line about what is under it, the pictures (SVG) and the table."""

    title: str
    about: str
    pictures: Sequence[str]
    table: PageTable


def as_svg(draw: Callable[[Path], None]) -> str:
    """What `draw` writes to the .svg file that it is told, for a page: without the head of a file of its own."""
    with TemporaryDirectory(prefix="tilewright-report-") as folder:
        path = Path(folder, "picture.svg")
        draw(path)
        text = path.read_text(encoding="utf-8")
    return text[text.index("<svg") :]


def write_page(title: str, sections: Sequence[Section], out: Path) -> None:
    """Write the page.  Raises TilewrightError when `out` is no .html file or cannot be written, or without Jinja2."""
    if out.suffix != ".html":
        raise TilewrightError(f"{out}: a page is written as .html")
    try:
        from jinja2 import Environment, StrictUndefined
    except ModuleNotFoundError:
        raise TilewrightError("a report needs Jinja2: pip install 'tilewright[report]'") from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    with replacing(out) as beside:
        beside.write_text(template.render(title=title, sections=sections), encoding="utf-8")
