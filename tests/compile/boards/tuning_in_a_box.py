"""TVM's tuners with their own runners, at a tracker; run as programs: AutoTVM forks, and one that had threads must not.

Each prints what it measured as JSON.
"""

import json
import os
import sys
import tempfile

from tilewright.compile.building.link import linker
from tilewright.compile.targets import resolve
from tilewright.compile.tvm_stack import compiler

tvm = compiler()

from tvm import autotvm, te  # noqa: E402

SIZE = 64
TIMEOUT = 120  # of one trial: an emulator that counts, on a machine that is busy
TARGET = resolve("rpi4").tvm


@autotvm.template("tests/matmul")
def matmul(size):
    """A naive matrix product, or one whose innermost loop runs along the rows, and is vectorized."""
    left, right = (te.placeholder((size, size), "float32", name) for name in ("left", "right"))
    step = te.reduce_axis((0, size), "step")
    product = te.compute((size, size), lambda row, column: te.sum(left[row, step] * right[step, column], axis=step))
    plan = te.create_schedule(product.op)
    space = autotvm.get_config()
    space.define_knob("vectorized", [0, 1])
    space.define_knob("columns", [4, 8, 16, 32])
    row, column = plan[product].op.axis
    outer, inner = plan[product].split(column, space["columns"].val)
    if space["vectorized"].val:
        plan[product].reorder(row, outer, plan[product].op.reduce_axis[0], inner)
        plan[product].vectorize(inner)
    space.add_flop(2 * size**3)
    return plan, [left, right, product]


def tune_with_autotvm(host, port, key):
    """Every config once -> rows of vectorized, columns, error number, seconds."""
    task = autotvm.task.create("tests/matmul", args=(SIZE,), target=tvm.target.Target(TARGET))
    link = linker("aarch64")
    link.output_format = "so"
    builder = autotvm.LocalBuilder(timeout=TIMEOUT, n_parallel=1, build_func=link, do_fork=True)
    runner = autotvm.RPCRunner(key, host, port, timeout=TIMEOUT, n_parallel=1, number=2, repeat=1)
    rows = []

    def keep(_, inputs, results):
        for one, result in zip(inputs, results, strict=True):
            knobs = {name: one.config[name].val for name in ("vectorized", "columns")}
            rows.append({**knobs, "error": result.error_no, "costs": [str(cost) for cost in result.costs]})

    tuner = autotvm.tuner.GridSearchTuner(task)
    tuner.tune(n_trial=8, measure_option=autotvm.measure_option(builder, runner), callbacks=[keep])
    return rows


def export(module):
    """A library for the board, in place of MetaSchedule's tar file of objects, which a board cannot link."""
    path = os.path.join(tempfile.mkdtemp(), "trial.so")  # noqa: PTH118
    module.export_library(path, fcompile=linker("aarch64"))
    return path


def tune_with_metaschedule(host, port, key):
    """Four trials -> the seconds of each."""
    from tvm import meta_schedule as ms

    left, right = (te.placeholder((SIZE, SIZE), "float32", name) for name in ("left", "right"))
    step = te.reduce_axis((0, SIZE), "step")
    product = te.compute((SIZE, SIZE), lambda row, column: te.sum(left[row, step] * right[step, column], axis=step))
    module = tvm.IRModule({"main": te.create_prim_func([left, right, product])})
    runner = ms.runner.RPCRunner(
        ms.runner.RPCConfig(host, port, key, session_timeout_sec=TIMEOUT), ms.runner.EvaluatorConfig(number=1)
    )
    with tempfile.TemporaryDirectory() as folder:
        database = ms.tune_tir(
            module,
            tvm.target.Target(f"{TARGET} -num-cores 4"),
            folder,
            max_trials_global=4,
            num_trials_per_iter=4,
            builder=ms.builder.LocalBuilder(max_workers=1, timeout_sec=TIMEOUT, f_export=export),
            runner=runner,
            cost_model="random",
            strategy="replay-trace",
            seed=1,
        )
        return [[float(second) for second in one.run_secs] for one in database.get_all_tuning_records()]


if __name__ == "__main__":
    tuner, host, port, key = sys.argv[1:]
    print(
        json.dumps({"autotvm": tune_with_autotvm, "metaschedule": tune_with_metaschedule}[tuner](host, int(port), key))
    )
