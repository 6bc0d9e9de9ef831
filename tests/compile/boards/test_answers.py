"""Networks on a board in a box give the host's answers: fp32 to rounding, int8 to the bit."""

from itertools import product

import numpy as np
import onnx
import pytest
import torch
from tilewright.compile.accuracy import compare
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.remote_child import RemoteChild
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import quantize_model
from tilewright.models.loading import load_model

SIZES = {"lenet5": (1, 28, 28), "lprnet": (3, 24, 94), "mobilenetv2": (3, 64, 64)}
TARGETS = {"cortex-a72": "rpi4", "cortex-a76": "rpi5"}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """An ONNX file of a zoo network with random weights, at a size that an emulator runs in a second."""
    folder = tmp_path_factory.mktemp("networks")

    def export(name, precision):
        fp32, int8 = folder / f"{name}.onnx", folder / f"{name}-int8.onnx"
        torch.manual_seed(0)
        generator = np.random.default_rng(0)
        if not fp32.exists():
            module, shape = load_model(name, "random").module, (1, *SIZES[name])
            torch.onnx.export(module, torch.zeros(shape), fp32, dynamo=False, opset_version=17, input_names=["input"])
        if precision == "int8" and not int8.exists():
            inputs = generator.standard_normal((8, *SIZES[name])).astype(np.float32)
            np.savez(folder / "inputs.npz", input=inputs)
            quantize_model(fp32, int8, calib=str(folder / "inputs.npz"))
        return fp32 if precision == "fp32" else int8

    return export


def _cases():
    """Each takes a quarter of a minute to a minute: some are run always, the others by `make test-all`."""
    always = {
        ("mobilenetv2", "fp32", "cortex-a72"),
        *(("lprnet", precision, cpu) for precision, cpu in (("fp32", "cortex-a72"), ("int8", "cortex-a76"))),
        *(("lenet5", precision, cpu) for precision, cpu in (("fp32", "cortex-a76"), ("int8", "cortex-a72"))),
    }
    for name, precision, cpu in product(SIZES, ("fp32", "int8"), TARGETS):
        marks = () if (name, precision, cpu) in always else pytest.mark.all
        yield pytest.param(name, precision, cpu, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "precision", "cpu"), _cases())
def test_a_board_gives_the_hosts_answers(boxes, network, tmp_path, name, precision, cpu):
    path = network(name, precision)
    compile_model(path, tmp_path / "network.bundle", target=TARGETS[cpu])
    inputs = {"input": np.random.default_rng(1).standard_normal((1, *SIZES[name])).astype(np.float32)}
    np.savez(tmp_path / "inputs.npz", **inputs)
    job = Job("tvm", str(tmp_path / "network.bundle"), 1)
    with Connection(boxes(cpu).address) as connection, RemoteChild(connection, job, tmp_path / "inputs.npz") as child:
        child.ask("run", outputs=str(tmp_path / "outputs.npz"))
    expected = OnnxReference(onnx.load(path).SerializeToString()).run(inputs)
    with np.load(tmp_path / "outputs.npz") as found:
        for output, reference in expected.items():
            agreement = compare(output, "random", found[output], reference)
            assert agreement.snr_db >= (60 if precision == "fp32" else 30), agreement
