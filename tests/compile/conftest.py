"""What the tests of engines share: LeNet-5 in every form, and an input for it."""

import numpy as np
import pytest
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.tensor_spec import random_inputs


@pytest.fixture(scope="session")
def job_files(lenet5, tmp_path_factory):
    """The ONNX file of LeNet5 and an input for it."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "model.onnx").write_bytes(lenet5.imported.onnx)
    np.savez(folder / "inputs.npz", **random_inputs(lenet5.manifest.inputs))
    return folder / "model.onnx", folder / "inputs.npz"


@pytest.fixture
def job(lenet5, job_files):
    models = {"tvm": str(lenet5.path), "torch": "lenet5"}
    return lambda engine, threads=1: Job(engine, models.get(engine, str(job_files[0])), threads)
