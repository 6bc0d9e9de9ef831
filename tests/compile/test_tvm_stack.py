"""The door to TVM."""

import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from tilewright.compile.benchmarking.call_times import profiled_run
from tilewright.compile.bundle.load import load_bundle
from tilewright.compile.tvm_stack import compiler

PROGRAM = """
from tilewright.compile.tvm_stack import runtime
{first}
runtime()
from torch.utils import flop_counter
print(flop_counter._JITFunction.__module__)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("first", "module"), [("", "builtins"), ("import triton", "triton.runtime.jit")])
def test_triton_is_not_loaded_after_tvm(tmp_path, first, module):
    """PyTorch's CUDA wheels bring it; it would abort: "Option 'print-pipeline-passes' registered more than once!".

    Its place takes a package that does so too.
    """
    package = tmp_path / "triton" / "runtime"
    package.mkdir(parents=True)
    (tmp_path / "triton" / "__init__.py").write_text("import os, sys\nif 'tvm' in sys.modules:\n    os.abort()\n")
    (package / "__init__.py").write_text("")
    (package / "jit.py").write_text("class JITFunction:\n    pass\n")
    command = [sys.executable, "-c", PROGRAM.format(first=first)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0 and done.stdout.split() == [module], done


@pytest.mark.slow
def test_a_worker_starts_without_what_only_tuners_import():
    compiler()
    from tvm.contrib.popen_pool import PopenPoolExecutor

    pool = PopenPoolExecutor(max_workers=1)
    loaded = pool.submit(lambda: sorted({"tvm", "xgboost", "sklearn"} & set(__import__("sys").modules))).result()
    assert loaded == ["tvm"]


def test_a_network_that_is_timed_call_by_call_leaves_no_folder(lenet5, tmp_path, monkeypatch):
    """TVM makes one for what its debug executor might dump: a tuning run would leave hundreds."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    bundle = load_bundle(lenet5.path, debug=True)
    bundle.bind({one.name: np.zeros(one.shape, one.dtype) for one in bundle.manifest.inputs})
    profiled_run(bundle.executor.module)
    assert not list(tmp_path.iterdir())
