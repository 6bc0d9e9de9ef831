"""The build: packing of weights apart from the network, layouts chosen once, costs counted, no warnings."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tilewright.compile.building.build import build, compile_library
from tilewright.compile.building.freeze_layout import FROZEN_PASSES, freeze_layout
from tilewright.compile.building.register_tiles import register_tiles
from tilewright.compile.building.serial_small_loops import serial_small_loops
from tilewright.compile.building.split_preparation import split_preparation
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.relay_costs import total_macs
from tilewright.compile.targets import resolve
from tilewright.compile.tensor_spec import random_inputs
from tilewright.compile.tuning.choose import recorded_choice
from tilewright.compile.tvm_stack import compiler, in_pool_of
from tilewright.schedules import machines

tvm = compiler()
relay = tvm.relay


@pytest.fixture(scope="module")
def frozen(imported_lenet5):
    return freeze_layout(imported_lenet5.module, resolve("native"), 1, recorded_choice(resolve("native")))


@pytest.fixture(scope="module")
def split(frozen, imported_lenet5):
    return split_preparation(frozen, inputs=len(imported_lenet5.inputs))


def calls(function):
    found = []
    relay.analysis.post_order_visit(function, lambda node: found.append(node) if isinstance(node, relay.Call) else None)
    return found


def depends_only_on(call, names):
    return {var.name_hint for var in relay.analysis.free_vars(call)} <= set(names)


def evaluate(module, inputs):
    from tvm.contrib import graph_executor

    with tvm.transform.PassContext(opt_level=3, disabled_pass=FROZEN_PASSES):
        library = relay.build(module, tvm.target.Target(resolve("native").tvm))
    executor = graph_executor.GraphModule(library["default"](tvm.cpu()))
    for name, array in inputs.items():
        executor.set_input(name, array)
    executor.run()
    return [executor.get_output(index).numpy() for index in range(executor.get_num_outputs())]


def test_no_work_on_weights_alone_is_left_in_the_network(frozen, split, imported_lenet5):
    weights = [var.name_hint for var in frozen["main"].params[len(imported_lenet5.inputs) :]]
    before = [call.op.name for call in calls(frozen["main"]) if depends_only_on(call, weights)]
    assert "transpose" in before, "there was something to move"
    main = split.main["main"]
    after = [call for call in calls(main) if depends_only_on(call, [*weights, *split.prepared])]
    assert after == []
    assert {"transpose"} <= {call.op.name for call in calls(split.prepare["main"])}


@pytest.mark.slow
def test_the_parts_compute_what_the_whole_does(frozen, split, imported_lenet5):
    inputs, params = random_inputs(imported_lenet5.inputs), imported_lenet5.params
    (expected,) = evaluate(frozen, {**inputs, **params})
    wanted = {var.name_hint for var in split.prepare["main"].params}
    prepared = evaluate(split.prepare, {name: array for name, array in params.items() if name in wanted})
    wanted = {var.name_hint for var in split.main["main"].params}
    given = {**inputs, **params, **dict(zip(split.prepared, prepared, strict=True))}
    (result,) = evaluate(split.main, {name: array for name, array in given.items() if name in wanted})
    assert np.array_equal(result, expected)
    reference = OnnxReference(imported_lenet5.onnx).run(inputs)["output"]
    np.testing.assert_allclose(result, reference, rtol=1e-4, atol=1e-5)


def test_what_takes_only_inputs_has_nothing_to_prepare():
    x = relay.var("x", shape=(1, 4))
    module = relay.transform.InferType()(tvm.IRModule.from_expr(relay.Function([x], relay.nn.relu(x))))
    split = split_preparation(module, inputs=1)
    assert split.prepare is None and split.prepared == ()
    assert tvm.ir.structural_equal(split.main["main"], module["main"])


def test_a_weight_that_is_used_plain_and_packed():
    x, weight = relay.var("x", shape=(4, 4)), relay.var("weight", shape=(4, 4))
    body = relay.Tuple([relay.add(x, weight), relay.multiply(x, relay.transpose(weight))])
    module = relay.transform.InferType()(tvm.IRModule.from_expr(relay.Function([x, weight], body)))
    split = split_preparation(module, inputs=1)
    assert [var.name_hint for var in split.main["main"].params] == ["x", "weight", "prepared.0"]
    values = {"x": np.eye(4, dtype="float32"), "weight": np.arange(16, dtype="float32").reshape(4, 4)}
    (packed,) = evaluate(split.prepare, {"weight": values["weight"]})
    assert np.array_equal(packed, values["weight"].T)
    results = evaluate(split.main, {**values, "prepared.0": packed})
    for result, expected in zip(results, evaluate(module, values), strict=True):
        assert np.array_equal(result, expected)


def test_layouts_are_chosen_once(frozen):
    """relay.build with its layout pass on finds nothing to change in a frozen graph."""
    target = resolve("native")
    with tvm.target.Target(target.tvm), tvm.transform.PassContext(opt_level=3):
        passes = [relay.transform.AlterOpLayout(), relay.transform.InferType()]
        again = tvm.transform.Sequential(passes)(frozen)
    shapes = [call.checked_type.shape for call in calls(frozen["main"]) if call.op.name == "tilewright.conv2d"]
    assert len(shapes) == 2 and all(len(shape) == 5 for shape in shapes), "the layout is blocked: NCHW16c, say"
    assert [call.op.name for call in calls(again["main"])] == [call.op.name for call in calls(frozen["main"])]


def test_costs_add_up(lenet5, imported_lenet5, tmp_path):
    built = build(imported_lenet5, resolve("native"), tmp_path)
    graph_calls = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10  # LeCun's table
    assert lenet5.manifest.macs == imported_lenet5.macs == total_macs(imported_lenet5.module["main"]) == graph_calls
    assert sum(kernel.macs for kernel in built.kernels) == graph_calls  # no kernel of LeNet5 is called twice
    assert all(kernel.traffic > 0 and kernel.operators and kernel.shape for kernel in built.kernels)
    assert {path.name for path in tmp_path.iterdir()} == {"model.so", "prepare.so"}
    assert set(built.libraries) == set(tmp_path.iterdir()) and built.seconds > 0


COMPILE = """
import sys
from tilewright.compile import compile_model
compile_model("lenet5", sys.argv[1], target=sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.parametrize("target", ["x86-avx2", "x86-vnni"])
def test_a_build_is_silent(tmp_path, target):
    """LLVM only warns of a CPU that it does not know, and AutoTVM of missing records: neither may be there."""
    command = [sys.executable, "-c", COMPILE, str(tmp_path / "b"), target]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "" and done.stderr == ""


@pytest.mark.parametrize(("rows", "kept"), [(8, False), (8000, True)])
def test_a_loop_too_short_to_share_runs_on_one_thread(rows, kept):
    te = tvm.te
    data = te.placeholder((rows, 64), "float32", "data")
    twice = te.compute(data.shape, lambda y, x: data[y, x] * 2, name="twice")
    plan = te.create_schedule(twice.op)
    row, column = twice.op.axis
    plan[twice].parallel(row)
    plan[twice].vectorize(column)
    with tvm.transform.PassContext(config={"tir.add_lower_pass": [serial_small_loops(12000)]}):
        lowered = tvm.lower(plan, [data, twice])
    assert ("T.parallel" in str(lowered)) == kept


@pytest.mark.parametrize(
    ("columns", "scope", "kept"), [(448, "local", True), (448, "global", False), (9000, "local", False)]
)
def test_the_sums_of_a_tile_are_no_memory_of_a_pool(columns, scope, kept):
    te = tvm.te
    data = te.placeholder((64, columns), "float32", "data")
    sums = te.compute(data.shape, lambda y, x: data[y, x] * 2, name="sums")
    result = te.compute(data.shape, lambda y, x: sums[y, x] + data[y, x], name="result")
    plan = te.create_schedule(result.op)
    plan[sums].set_scope(scope)
    plan[sums].compute_at(plan[result], plan[result].op.axis[0])
    with tvm.transform.PassContext(config={"tir.add_lower_pass": [register_tiles()]}):
        source = tvm.build(plan, [data, result], "llvm").get_source("ll")
    assert ("TVMBackendAllocWorkspace" not in source) == kept


def test_a_small_network_wakes_no_thread(imported_lenet5, frozen):
    if machines.get(resolve("native").machine).float_lanes < 16:
        pytest.skip("with shorter vectors LeNet5's second convolution is long enough for two threads")
    library = compile_library(split_preparation(frozen, len(imported_lenet5.inputs)).main, resolve("native"))
    before = len(list(Path("/proc/self/task").iterdir()))

    def run():
        from tvm.contrib import graph_executor

        graph_executor.GraphModule(library["default"](tvm.cpu())).run()
        return len(list(Path("/proc/self/task").iterdir()))

    assert in_pool_of(2, run) == before + 1, "the thread that runs it is the only new one"
