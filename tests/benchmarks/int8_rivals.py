"""Our int8 beside ONNX Runtime's, in every form that it has, and beside its fp32.

    python tests/benchmarks/int8_rivals.py resnet18 mobilenetv2 --threads 1,2
    python tests/benchmarks/int8_rivals.py unet --ours unet-mixed.onnx

Its forms: activations uint8 or int8, weights of 8 bits or of 7 (reduce_range), each quantized by the same calibration,
min-max on a few pictures: ranges change no time.  All take turns, each in a process of its own.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table
from tilewright.compile.benchmarking.child import Child
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.benchmarking.protocol import Protocol, take_turns
from tilewright.compile.importing import import_model
from tilewright.compile.importing.sample_inputs import sample_inputs
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import Recipe, quantize_model

RIVALS = {
    "u8s8": Recipe("min-max"),
    "s8s8": Recipe("min-max", activations="int8", symmetric=True),
    "u8s8 reduced": Recipe("min-max", weight_bits=7),
    "s8s8 reduced": Recipe("min-max", activations="int8", symmetric=True, weight_bits=7),
}
PICTURES = 4


def main(
    models: list[str],
    threads: str = "1,2",
    ours: Annotated[str | None, typer.Option(help="A quantized file to compile instead of --precision int8.")] = None,
    seconds: float = 3.0,
    output: Annotated[Path | None, typer.Option("--json", help="Where the rows go too.")] = None,
) -> None:
    """Time every model and print the table."""
    names = ["ours", *RIVALS, "fp32"]
    counts = [int(one) for one in threads.split(",")]
    table = Table("model", "thr", *(f"{name} ms" for name in names), "over int8", "over fp32", box=None)
    rows = []
    for model in models:
        for count, times in _measure(model, ours, counts, seconds):
            best = min(times[name] for name in RIVALS)
            row = {"model": model, "threads": count, "ms": times}
            row |= {"over_int8": best / times["ours"], "over_fp32": times["fp32"] / times["ours"]}
            rows.append(row)
            ratios = (f"{row['over_int8']:.2f}", f"{row['over_fp32']:.2f}")
            table.add_row(model, str(count), *(f"{times[name]:.3f}" for name in names), *ratios)
        if output is not None:
            output.write_text(json.dumps(rows, indent=1))
    for count in counts:
        of_count = [row for row in rows if row["threads"] == count]
        means = [f"{np.exp(np.mean([np.log(row[key]) for row in of_count])):.2f}" for key in ("over_int8", "over_fp32")]
        table.add_row("geometric mean", str(count), *[""] * len(names), *means)
    Console(width=140).print(table)


def _measure(model: str, ours: str | None, counts: list[int], seconds: float) -> list[tuple[int, dict[str, float]]]:
    """For each thread count the median milliseconds of each form."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bundle = compile_model(ours or model, folder / "model.bundle", precision="int8").path
        floating = import_model(model, check=False)
        files = {"fp32": folder / "fp32.onnx"}
        files["fp32"].write_bytes(floating.onnx)
        for name, recipe in RIVALS.items():
            files[name] = folder / f"{name}.onnx"
            quantize_model(model, files[name], recipe, limit=PICTURES)
        np.savez(folder / "inputs.npz", **sample_inputs(floating)["random"])
        found = []
        for count in counts:
            jobs = [Job("tvm", str(bundle), count)]
            jobs += [Job("onnxruntime", str(files[name]), count) for name in (*RIVALS, "fp32")]
            found.append((count, _medians(jobs, folder / "inputs.npz", Protocol.lasting(seconds))))
        return found


def _medians(jobs: list[Job], inputs: Path, protocol: Protocol) -> dict[str, float]:
    children: list[Child] = []
    try:
        children += [Child(job, inputs) for job in jobs]
        times = [float(np.median(taken["bound"])) for taken in take_turns(children, protocol)]
    finally:
        for child in children:
            child.close()
    return dict(zip(["ours", *RIVALS, "fp32"], times, strict=True))


if __name__ == "__main__":
    typer.run(main)
