"""TVM's own templates as kernels: every config of their spaces computes what torch does."""

import pytest
from tilewright.compile.tvm_stack import compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, Dense

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import candidates, templates  # noqa: E402

PLAIN = Conv2d(1, 32, 14, 14, 48, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
LAYERS = {
    "3x3": PLAIN,
    "1x1": Conv2d(1, 32, 14, 14, 16, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1, 16, 16),
    "strides": Conv2d(2, 16, 15, 13, 16, (3, 5), (2, 1), (0, 1, 1, 2), (1, 1), 1, 8, 16),
    "dilated": Conv2d(1, 16, 12, 12, 16, (3, 3), (1, 1), (2, 2, 2, 2), (2, 2), 1, 16, 16),
    "planes": Conv2d(1, 3, 20, 20, 16, (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), 1, 1, 16),
    "depthwise": Conv2d(1, 32, 14, 14, 32, (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), 32, 16, 16),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_they_agree_with_torch(agreement, here, layer):
    found = list(templates(layer, here[0]))
    assert found and {one.kernel.name for one in found} == {"tvm_conv2d"}
    for one in found:
        assert agreement(layer, one) > 110, one


@pytest.mark.parametrize("machine", ["x86-avx2", "cortex-a72"])
def test_none_is_taken_without_a_record(machine):
    chosen = machines.get(machine)
    assert all(one.kernel.name != "tvm_conv2d" for one in candidates(PLAIN, chosen))
    assert list(templates(Dense(1, 16, 16), chosen)) == []
    grouped = Conv2d(1, 32, 8, 8, 32, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 2, 16, 16)
    assert list(templates(grouped, chosen)) == []
