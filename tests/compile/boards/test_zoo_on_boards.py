"""Every zoo model, fp32 and int8, gives the host's answers on both boards in a box: `make test-all`.

What it finds is written beside this file, into zoo.json, for whoever has no hour to spare.
"""

import fcntl
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from tilewright.compile.accuracy import compare, least_db
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.remote_child import RemoteChild
from tilewright.compile.importing import import_model
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import quantize_model
from tilewright.compile.tensor_spec import random_inputs
from tilewright.models import zoo

pytestmark = pytest.mark.all
RESULT = Path(__file__).with_name("zoo.json")
TARGETS = {"cortex-a72": "rpi4", "cortex-a76": "rpi5"}


@pytest.fixture(
    scope="module", params=[(name, precision) for name in zoo.names() for precision in ("fp32", "int8")], ids="-".join
)
def model(request, tmp_path_factory):
    """Name, precision, an ONNX file, a random input, and ONNX Runtime's answer to it on this machine."""
    name, precision = request.param
    folder = tmp_path_factory.mktemp(name)
    fp32, path = folder / "fp32.onnx", folder / "model.onnx"
    imported = import_model(name, check=False)
    fp32.write_bytes(imported.onnx)
    if precision == "int8":
        examples = [random_inputs(imported.inputs, seed) for seed in range(4)]
        np.savez(
            folder / "calibration.npz", **{key: np.concatenate([one[key] for one in examples]) for key in examples[0]}
        )
        quantize_model(fp32, path, calib=str(folder / "calibration.npz"))
    else:
        path = fp32
    inputs = random_inputs(imported.inputs, zlib.crc32(name.encode()))
    np.savez(folder / "inputs.npz", **inputs)
    return name, precision, path, folder / "inputs.npz", OnnxReference(path.read_bytes()).run(inputs)


@pytest.mark.parametrize("cpu", TARGETS)
def test_the_hosts_answers(boxes, model, tmp_path, cpu):
    name, precision, path, inputs, reference = model
    compiled = compile_model(path, tmp_path / "model.bundle", target=TARGETS[cpu])
    job = Job("tvm", str(compiled.path), 1)
    with Connection(boxes(cpu).address) as connection, RemoteChild(connection, job, inputs) as child:
        child.ask("run", outputs=str(tmp_path / "outputs.npz"))
    with np.load(tmp_path / "outputs.npz") as found:
        worst = min(
            (compare(key, "random", found[key], reference[key]) for key in reference), key=lambda one: one.snr_db
        )
    record(name, precision, cpu, worst)
    assert worst.snr_db >= least_db(precision), worst


def record(name, precision, cpu, worst):
    with RESULT.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # other workers of the same run
        file.seek(0)
        known = json.loads(file.read() or "{}")
        known[f"{name} {precision} {cpu}"] = {"snr_db": round(worst.snr_db, 1), "max_abs_error": worst.max_abs_error}
        file.truncate(0)
        file.write(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
