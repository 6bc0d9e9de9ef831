"""The same kernel on the same layers in two layouts, blocks of 16 channels and NHWC: which one suits a convolution?

    python tests/benchmarks/layouts.py

Only the strides of the tensors differ: arithmetic, register tile and loops are the same.  The two take turns.
"""

from __future__ import annotations

from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import native
from tilewright.compile.tvm_stack import BUILD_CONFIG, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d

# (channels, filters, size, kernel, stride) of ResNet50's stages, and MobileNetV2's last ones
LAYERS = (
    (64, 64, 56, 3, 1),
    (256, 64, 56, 1, 1),
    (64, 256, 56, 1, 1),
    (128, 128, 28, 3, 1),
    (512, 128, 28, 1, 1),
    (256, 256, 14, 3, 1),
    (1024, 256, 14, 1, 1),
    (1024, 2048, 14, 1, 2),
    (512, 512, 7, 3, 1),
    (2048, 512, 7, 1, 1),
    (160, 960, 7, 1, 1),
    (960, 160, 7, 1, 1),
)
TURNS = 15


def main() -> None:
    """Time all layers and print the table."""
    tvm = compiler()
    target = native(host_cpu())
    machine = machines.get(str(target.machine))
    table = Table("layer", "blocks, us", "NHWC, us", "NHWC / blocks", box=None)
    ratios = []
    for channels, filters, size, kernel, stride in LAYERS:
        pad = kernel // 2
        layer = Conv2d(1, channels, size, size, filters, (kernel,) * 2, (stride,) * 2, (pad,) * 4, (1, 1), 1, 16, 16)
        timers = [_timer(tvm, layer, machine, target.tvm, nhwc) for nhwc in (False, True)]
        times = np.array([[timer() for timer in timers] for _ in range(TURNS)])
        blocks, nhwc = (float(median(times[:, column])) for column in (0, 1))
        ratios.append(nhwc / blocks)
        name = f"{channels} -> {filters}, {size}x{size}, {kernel}x{kernel}" + (
            f", stride {stride}" if stride > 1 else ""
        )
        table.add_row(name, f"{blocks:.0f}", f"{nhwc:.0f}", f"{nhwc / blocks:.2f}")
    table.add_row("geometric mean", "", "", f"{np.exp(np.mean(np.log(ratios))):.2f}")
    Console().print(table)


def _timer(tvm, layer, machine, target, nhwc):
    """A function that returns the microseconds of one call, the median of some."""
    from tilewright.schedules.kernels import KERNELS, Candidate
    from tilewright.schedules.kernels.alone import arguments

    kernel = KERNELS["direct_conv2d"]
    chosen = Candidate(kernel, kernel.space(layer, machine)[0])
    tensors = arguments(layer, chosen)
    result = kernel.compute(layer, chosen.config, *tensors)
    plan = kernel.schedule(layer, chosen.config, machine, result)
    buffers = {tensor: _buffer(tvm, tensor) for tensor in (tensors[0], result)} if nhwc else {}
    config = BUILD_CONFIG | {"tir.disable_assert": True}  # the arrays are as large, only their strides are others
    with tvm.transform.PassContext(opt_level=3, config=config):
        built = tvm.build(plan, [*tensors, result], target, binds=buffers)
    values = np.random.default_rng(0)
    shapes = [tuple(map(int, tensor.shape)) for tensor in (*tensors, result)]
    arrays = [tvm.nd.array(values.standard_normal(shape).astype("float32")) for shape in shapes]
    evaluator = built.time_evaluator(built.entry_name, tvm.cpu(), number=3, repeat=5)
    return lambda: evaluator(*arrays).median * 1e6


def _buffer(tvm, tensor):
    """`tensor`, (N, C/16, H, W, 16), as it would lie in NHWC."""
    _, blocks, height, width, block = map(int, tensor.shape)
    channels = blocks * block
    strides = [height * width * channels, block, width * channels, channels, 1]
    return tvm.tir.decl_buffer(tensor.shape, "float32", tensor.name, strides=strides)


if __name__ == "__main__":
    main()
