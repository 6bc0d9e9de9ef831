"""How far to trust the modelled clock: whole networks beside published times, and claims with every constant moved.

    python tests/benchmarks/modelled_clock.py ROOT --site SITE --models resnet18 --targets rpi4 --json out.json
    python tests/benchmarks/modelled_clock.py ROOT --site SITE --json out.json        # all of it takes hours

ROOT is an arm64 root with Python 3.11 and a Raspberry Pi's proc/cpuinfo, SITE a folder with aarch64 wheels of TVM,
NumPy and ONNX Runtime.  Each engine runs in a process of its own, with one thread and at fixed addresses.  What the
JSON file holds already is not run again: delete a row to have it counted anew.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import tilewright.compile
import typer
from modelled_tables import claims_table, counts_table, trust_table
from rich.console import Console
from tilewright.compile.boards.cost import counter
from tilewright.compile.boards.cost.cores import CORES
from tilewright.compile.boards.cost.plugin_argument import plugin_argument
from tilewright.compile.importing import import_model
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import resolve
from tilewright.compile.tensor_spec import random_inputs

MODELS = "lenet5,lprnet,mobilenetv2,resnet18,resnet50,vgg16"
_NO_RANDOM_ADDRESSES = 0x0040000  # ADDR_NO_RANDOMIZE, personality(2)


def main(
    root: Path,
    site: Annotated[list[Path], typer.Option(help="Folders with aarch64 wheels.")],
    models: str = MODELS,
    targets: str = "rpi4,rpi5,rpi3",
    engines: str = "tvm,onnxruntime",
    output: Annotated[Path | None, typer.Option("--json", help="Rows that are kept, and added to.")] = None,
) -> None:
    """Count what is missing and print the tables."""
    rows = json.loads(output.read_text()) if output and output.is_file() else []
    for model in models.split(","):
        missing = [
            (target, engine)
            for target in targets.split(",")
            for engine in engines.split(",")
            if not any((row["model"], row["target"], row["engine"]) == (model, target, engine) for row in rows)
        ]
        with tempfile.TemporaryDirectory() as temporary:
            for target, engine in missing:
                counts = _count(model, target, engine, Path(temporary), root, site)
                rows.append({"model": model, "target": target, "engine": engine, "counts": counts})
                if output:
                    output.write_text(json.dumps(rows, indent=1))
    console = Console(width=150)
    for table in (counts_table(rows), trust_table(rows), claims_table(rows)):
        console.print(table)


def _count(model: str, target: str, engine: str, folder: Path, root: Path, site: list[Path]) -> dict:
    bundle, inputs, onnx = folder / f"{target}.bundle", folder / "inputs.npz", folder / "model.onnx"
    if not inputs.is_file():
        imported = import_model(model, check=False)
        np.savez(inputs, **random_inputs(imported.inputs))
        onnx.write_bytes(imported.onnx)
    if engine == "tvm":
        compile_model(model, bundle, target=target)
    core = CORES[str(resolve(target).machine)]
    answers = folder / "counts"
    command = [shutil.which("qemu-aarch64") or "qemu-aarch64", "-cpu", core.name]
    command += ["-plugin", plugin_argument(core, answers), "-L", str(root), str(root / "usr/bin/python3.11")]
    command += ["-m", "tilewright.compile.boards.cost.count_engine", engine]
    command += [str(bundle if engine == "tvm" else onnx), str(inputs), "1"]
    paths = [str(_package(folder)), *map(str, site)]
    environment = {"PATH": "/usr/bin", "PYTHONPATH": os.pathsep.join(paths), counter.VARIABLE: str(answers)}
    environment |= {"TVM_USE_RUNTIME_LIB": "1", "TVM_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, preexec_fn=_fixed_addresses, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{model} {target} {engine}: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _package(folder: Path) -> Path:
    """A folder in which the guest finds the package `tilewright` as it is here."""
    package = folder / "package" / "tilewright"
    if not package.is_dir():
        package.mkdir(parents=True)
        top = Path(str(tilewright.compile.__file__)).resolve().parents[1]
        for name in ("compile", "models", "schedules", "tuning_logs"):
            (package / name).symlink_to(top / name)
    return package.parent


def _fixed_addresses() -> None:
    ctypes.CDLL(None).personality(_NO_RANDOM_ADDRESSES)


if __name__ == "__main__":
    typer.run(main)
