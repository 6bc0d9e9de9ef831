"""Options that several verbs share, and the parsing of their values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import TilewrightError

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A zoo name (see `tilewright models`) or an ONNX file.")]
TargetName = Annotated[
    str,
    typer.Option(
        "--target", "-t", help="native, x86-avx2, -avx512, -vnni, rpi3, rpi3-32, rpi4, rpi5, or a TVM target string."
    ),
]
_PRECISIONS = (
    "fp32; int8: quantized on the model's calibration data first; int8-dynamic: without calibration; fp16, or int8-, "
    "int4-, int2-, float8-weights: for size; int8-relay-global, -kl, -percentile: by TVM's own relay.quantize."
)
Precision = Annotated[str, typer.Option(help=_PRECISIONS)]
MaybePrecision = Annotated[str | None, typer.Option(help=_PRECISIONS, show_default="fp32")]
Batch = Annotated[int | None, typer.Option(min=1, help="Batch size, where the model leaves it open.", show_default="1")]
Shapes = Annotated[
    list[str] | None, typer.Option("--shape", metavar="NAME:1,3,224,224", help="An input's shape; may be repeated.")
]
Weights = Annotated[
    str | None,
    typer.Option(metavar="FILE|random", help="Another weights file for a zoo model, or random ones (speed only)."),
]
Threads = Annotated[int | None, typer.Option(min=1, show_default="all cores")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the rows as JSON as well.")]


def safetensors(path: Path | None) -> Path | None:
    """Of an option that names such a file.  Raises TilewrightError for another suffix."""
    if path is not None and path.suffix != ".safetensors":
        raise TilewrightError(f"{path}: name a .safetensors file")
    return path


WeightsOut = Annotated[
    Path,
    typer.Option("--output", "-o", callback=safetensors, help="The .safetensors file to write; a log goes beside it."),
]


def parse_shapes(texts: list[str] | None) -> dict[str, tuple[int, ...]]:
    """{"input": (1, 3, 224, 224)} from ["input:1,3,224,224"].  Raises TilewrightError for anything else."""
    shapes: dict[str, tuple[int, ...]] = {}
    for text in texts or []:
        name, _, numbers = text.rpartition(":")
        try:
            shapes[name] = tuple(int(number) for number in numbers.split(","))
        except ValueError:
            raise TilewrightError(f"--shape {text!r}: write NAME:1,3,224,224") from None
        if not name or min(shapes[name]) < 1:
            raise TilewrightError(f"--shape {text!r}: write NAME:1,3,224,224, each number 1 or more")
    return shapes


def parse_integers(text: str, option: str) -> tuple[int, ...]:
    """(1, 2) from "1,2".  Raises TilewrightError for anything but positive numbers."""
    try:
        numbers = tuple(int(number) for number in text.split(","))
    except ValueError:
        raise TilewrightError(f"{option} {text!r}: write numbers such as 1,2") from None
    if min(numbers) < 1:
        raise TilewrightError(f"{option} {text!r}: the numbers must be 1 or more")
    return numbers
