"""Layers of one network by different tuners: a schedule of MetaSchedule's, a template of TVM's, kernels of ours."""

import json
from dataclasses import replace

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import append
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.sources.by_metaschedule import ByMetaSchedule, Traced
from tilewright.compile.tuning.sources.cost_model import CostModel
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules.layers import Conv2d, to_key

compiler()  # sets TVM up before the traces import it

from tilewright.schedules.traces.traced import Config, TraceMisfit  # noqa: E402

TARGET = resolve("native")


def task_of(tasks, channels, kernel=(3, 3)):
    """The convolution of a residual block, some followed by an addition, some not."""
    same = (channels, channels, kernel, (1, 1))
    return next(
        task
        for task in tasks
        if isinstance(one := task.layer, Conv2d) and (one.channels, one.filters, one.kernel, one.strides) == same
    )


def records(layer, candidate):
    """Faster than anything on record can be, at the thread counts of the shipped records."""
    at = (to_key(layer), TARGET.name, TVM_VERSION, candidate.kernel.name, candidate.settings)
    return [Record(*at, count, 0.001, host_cpu().model, "") for count in (1, 2)]


@pytest.fixture(scope="module")
def tasks():
    return tasks_of([import_model("resnet20", check=False, weights="random")], TARGET, require_choice(TARGET))


@pytest.fixture(scope="module")
def traced(tasks, tmp_path_factory):
    """(layer, candidate): the first schedule that a search proposes."""
    task, model = task_of(tasks, 64), CostModel(tmp_path_factory.mktemp("model"))
    source = ByMetaSchedule(task.layer, task.traceable, Traced(left=1), TARGET, model)
    (found,) = source.next(4)
    assert source.left == 0 and source.next(1) == [] and found.traced
    return task.layer, found


@pytest.mark.slow
def test_in_one_module(cli, tmp_path, tasks, traced):
    template = task_of(tasks, 32)
    append([*records(*traced), *records(template.layer, template.templates[0])], tmp_path / "logs")
    bundle = tmp_path / "resnet20"
    options = ["--weights", "random", "-o", bundle]
    done = cli("compile", "resnet20", *options, TILEWRIGHT_LOGS=str(tmp_path / "logs"))
    assert done.code == 0, done.stderr
    assert "it agrees with ONNX Runtime to" in done.stdout and "Cannot find workload" not in done.stderr
    kernels = json.loads((bundle / "manifest.json").read_text())["kernels"]
    stated = [(one["schedule"]["layer"], one["schedule"]["kernel"]) for one in kernels if one["schedule"]]
    by_trace = [kernel for layer, kernel in stated if layer == to_key(traced[0])]
    assert len(by_trace) > 1 and set(by_trace) == {"metaschedule_conv2d"}, "with and without the addition after it"
    assert {kernel for layer, kernel in stated if layer == to_key(template.layer)} == {"tvm_conv2d"}
    assert {kernel for _, kernel in stated} > {"metaschedule_conv2d", "tvm_conv2d"}


@pytest.mark.slow
def test_a_record_that_cannot_be_used_ends_the_build(fails, tmp_path, traced):
    """TVM's own way is a warning and a default schedule."""
    layer, found = traced
    other = replace(found, config=Config(found.config.trace.replace('"conv2d"', '"dense"')))
    append(records(layer, other), tmp_path / "logs")
    says = ["the trace on record for", "does not fit", "tune the layer again"]
    bundle = tmp_path / "resnet20"
    fails("compile", "resnet20", "--weights", "random", "-o", bundle, says=says, TILEWRIGHT_LOGS=str(tmp_path / "logs"))
    assert not bundle.exists()


@pytest.mark.slow
def test_a_torn_trace_is_told(traced):
    from tilewright.schedules.kernels.scheduled import build_alone
    from tilewright.schedules.machines import get

    layer, found = traced
    torn = replace(found, config=Config(found.config.trace[:200]))
    with pytest.raises(TraceMisfit):
        build_alone(layer, torn, get(TARGET.machine), TARGET.tvm)
