"""AutoTVM tunes the kernels: their spaces are its spaces, and what it finds is one of their configs."""

import subprocess
import sys
from pathlib import Path

import pytest
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules.layers import Conv2d

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import KERNELS  # noqa: E402

_LAYER = Conv2d(1, 32, 14, 14, 32, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


@pytest.mark.parametrize("name", ["winograd_conv2d", "direct_conv2d"])
def test_the_space_is_the_kernels_own(here, name):
    from tilewright.schedules.kernels import autotvm_template

    kernel = KERNELS[name]
    task = autotvm_template.task(_LAYER, kernel, *here)
    space = task.config_space
    found = {
        autotvm_template.candidate_of(kernel, space.get(index)).config
        for index in range(space.range_length)
        if space.is_index_valid(index)
    }
    assert found == set(kernel.space(_LAYER, here[0]))
    assert task.flop > 0


def tune(machine, target, log):
    """Four trials of the layer, written to `log`."""
    from tilewright.compile.building.link import linker
    from tilewright.schedules import machines
    from tilewright.schedules.kernels import autotvm_template
    from tvm import autotvm
    from tvm.autotvm.tuner import RandomTuner

    task = autotvm_template.task(_LAYER, KERNELS["winograd_conv2d"], machines.get(machine), target)
    # Forked: a fresh process would not know the template.  Linked by the project's linker: there may be no other.
    link = linker("x86_64")
    link.output_format = "so"
    builder = autotvm.LocalBuilder(timeout=60, build_func=link, do_fork=True)
    option = autotvm.measure_option(builder, autotvm.LocalRunner(number=3, repeat=1, timeout=60))
    RandomTuner(task).tune(n_trial=4, measure_option=option, callbacks=[autotvm.callback.log_to_file(log)])


@pytest.mark.all
def test_a_tuner_finds_a_config(here, tmp_path):
    from tilewright.schedules.kernels import autotvm_template
    from tvm import autotvm

    kernel, log = KERNELS["winograd_conv2d"], tmp_path / "log.json"
    # In a process of its own: one that has run threads is not to be forked, as AutoTVM's builder does.
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_autotvm as this; "
    subprocess.run([sys.executable, "-c", f"{code}this.tune({here[0].name!r}, {here[1]!r}, {str(log)!r})"], check=True)
    measured = [(one, result) for one, result in autotvm.record.load_from_file(str(log)) if result.error_no == 0]
    assert len(measured) == 4
    space = kernel.space(_LAYER, here[0])
    for one, result in measured:
        assert autotvm_template.candidate_of(kernel, one.config).config in space
        assert 0 < result.costs[0] < 1


def test_a_kernel_that_does_not_do_the_layer_is_refused(here):
    from tilewright.schedules.kernels import autotvm_template

    with pytest.raises(ValueError, match="depthwise_conv2d does not compute"):
        autotvm_template.task(_LAYER, KERNELS["depthwise_conv2d"], *here)
