"""`tilewright run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def run(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A Bundle, made by `tilewright compile`.")],
    input: Annotated[
        Path, typer.Option("--input", "-i", help="An image, a folder of images, or an array (.npy, .npz).")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the raw outputs as .npz as well.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="[default: all cores]")] = None,
) -> None:
    """Run a Bundle, without torch, ONNX or LLVM."""
    os.environ["TVM_USE_RUNTIME_LIB"] = "1"  # the compiler would only cost start-up time and memory
    from ..bundle import load_bundle
    from ..running import run_inputs

    for line in run_inputs(load_bundle(bundle, threads), input, output):
        print(line)
