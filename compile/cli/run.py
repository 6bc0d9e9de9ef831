"""`tilewright run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from .options import Threads


def run(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A Bundle, made by `tilewright compile`.")],
    input: Annotated[
        Path, typer.Option("--input", "-i", help="An image, a folder of images, or an array (.npy, .npz).")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the raw outputs as .npz as well.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the image's whole path, from file to answer, as .png, .svg or .pdf.")
    ] = None,
    threads: Threads = None,
) -> None:
    """Run a Bundle, without torch, ONNX or LLVM."""
    os.environ["TVM_USE_RUNTIME_LIB"] = "1"  # the compiler would only cost start-up time and memory
    from ..bundle import load_bundle
    from ..running import draw_image, run_inputs

    loaded = load_bundle(bundle, threads)
    if picture is not None:
        draw_image(loaded, input, picture)
    for line in run_inputs(loaded, input, output):
        print(line)
