"""TVM's own int8 convolution for VNNI: LLVM 22 would end the process over it, if its dot product were not mended."""

import subprocess
import sys

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import resolve

_BUILD = """
import sys
import numpy as np
import torch
from tilewright.compile.tvm_stack import BUILD_CONFIG, compiler
tvm = compiler()
from tvm import autotvm, relay
from tvm.contrib import graph_executor
autotvm.GLOBAL_SCOPE.silent = True
values = np.random.default_rng(0)
data = values.integers(0, 256, (1, 64, 8, 8)).astype("uint8")
weight = values.integers(-128, 128, (32, 64, 3, 3)).astype("int8")
x = relay.var("x", shape=data.shape, dtype="uint8")
conv = relay.nn.conv2d(x, relay.const(weight), padding=(1, 1), channels=32, kernel_size=(3, 3), out_dtype="int32")
with tvm.transform.PassContext(opt_level=3, config=BUILD_CONFIG):
    library = relay.build(tvm.IRModule.from_expr(relay.Function([x], conv)), "llvm -mcpu=cascadelake")
assert "vpdpbusd" in library.get_lib().get_source("asm")
if "runs" in sys.argv:
    module = graph_executor.GraphModule(library["default"](tvm.cpu()))
    module.run(x=data)
    wanted = torch.nn.functional.conv2d(*(torch.from_numpy(one).double() for one in (data, weight)), padding=1)
    np.testing.assert_array_equal(module.get_output(0).numpy(), wanted.numpy().astype("int32"))
"""


HOW = "builds" if resolve("x86-vnni").missing_on(host_cpu()) else "runs"


@pytest.mark.slow
def test_it_is_exact():
    done = subprocess.run([sys.executable, "-c", _BUILD, HOW], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-500:]
