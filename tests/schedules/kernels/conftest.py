"""Runs one kernel alone, on random values, beside torch in float64."""

import numpy as np
import pytest
import torch
from tilewright.compile.cpu import host_cpu
from tilewright.compile.targets import NAMED, native
from tilewright.compile.tvm_stack import BUILD_CONFIG, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Dense, ExpandedDepthwise, Pool2d, TransposedConv2d


def _packed(layer, candidate, weights):
    """The weights as the kernel reads them, by the very Relay operators that a Bundle runs at load."""
    from tilewright.schedules.kernels.alone import packing
    from tvm import relay

    if not weights:
        return []
    module = packing(layer, candidate)
    return [one.numpy() for one in relay.create_executor("graph", mod=module, target="llvm").evaluate()(*weights)]


def _build(layer, candidate, machine, target):
    """The kernel with residual and ReLU fused in, as most have them."""
    tvm = compiler()
    from tilewright.schedules.kernels.alone import arguments
    from tvm import te, tir

    data, *weights = arguments(layer, candidate)
    plain = candidate.kernel.compute(layer, candidate.config, data, *weights)
    residual = te.placeholder(layer.out_shape, layer.dtype, "residual")
    added = te.compute(layer.out_shape, lambda *at: plain(*at) + residual(*at), name="added")
    result = te.compute(layer.out_shape, lambda *at: te.max(added(*at), tir.const(0.0, layer.dtype)), name="relu")
    plan = candidate.kernel.schedule(layer, candidate.config, machine.computing(layer.dtype), result)
    with tvm.transform.PassContext(opt_level=3, config=BUILD_CONFIG):
        return tvm.build(plan, [data, *weights, residual, result], target)


@pytest.fixture(scope="session")
def here():
    """(machine, TVM target) of this computer."""
    found = native(host_cpu())
    return machines.get(found.machine), found.tvm


@pytest.fixture(scope="session")
def assembly():
    """The assembly of a candidate for a machine: it need not run here."""
    compiler()
    targets = {target.machine: target.tvm for target in NAMED}

    def read(layer, candidate, machine):
        return _build(layer, candidate, machine, targets[machine.name]).get_source("asm")

    return read


@pytest.fixture(scope="session")
def fused(here):
    """What a candidate gives for data, the model's weights and a residual, with that and ReLU fused in."""
    compiler()
    machine, target = here

    def run(layer, candidate, data, weights, residual):
        import tvm

        function = _build(layer, candidate, machine, target)
        result = tvm.nd.array(np.full(layer.out_shape, np.nan, layer.dtype))
        function(*map(tvm.nd.array, (data, *_packed(layer, candidate, weights), residual)), result)
        return result.numpy()

    return run


@pytest.fixture(scope="session")
def agreement(fused):
    """Signal-to-noise ratio, in dB, of a candidate against torch in float64, with residual and ReLU fused in."""

    def measure(layer, candidate, seed=0):
        values = np.random.default_rng(seed)
        weights = [values.standard_normal(shape).astype(layer.dtype) for shape in layer.weight_shapes]
        plain = values.standard_normal(_plain_shape(layer)).astype(layer.dtype)
        residual = values.standard_normal(layer.out_shape).astype(layer.dtype)
        result = fused(layer, candidate, _blocks(plain, layer), weights, residual)
        plain = _blocks(_by_torch(layer, plain, weights), layer, out=True) + residual
        noise = np.square(result.astype("float64") - np.maximum(plain, 0)).sum()
        return 10 * np.log10(np.square(plain).sum() / noise) if noise else np.inf

    return measure


def _plain_shape(layer):
    if isinstance(layer, Dense):
        return layer.in_shape
    return (layer.batch, layer.channels, layer.height, layer.width)


def _blocks(array, layer, out=False):
    """NCHW as the layer has its data, or its result."""
    if isinstance(layer, Dense):
        return array
    block = layer.out_block if out else layer.in_block
    batch, channels, height, width = array.shape
    split = array.reshape(batch, channels // block, block, height, width)
    return np.ascontiguousarray(split.transpose(0, 1, 3, 4, 2))


def _by_torch(layer, data, weights):
    data, *weights = (torch.from_numpy(array).double() for array in (data, *weights))
    if isinstance(layer, Pool2d):
        return _pooled(layer, data).numpy()
    if isinstance(layer, Dense):
        return (data @ weights[0].T).numpy()
    if isinstance(layer, TransposedConv2d):
        return torch.nn.functional.conv_transpose2d(data, *weights, stride=layer.kernel).numpy()
    if isinstance(layer, ExpandedDepthwise):
        expanded = _convolve(layer.expansion, data, weights[0]) + weights[1]
        low, high = (
            limit if limit is not None else sign * np.inf for limit, sign in ((layer.low, -1), (layer.high, 1))
        )
        return _convolve(layer.depthwise, expanded.clamp(low, high), weights[2]).numpy()
    return _convolve(layer, data, *weights).numpy()


def _pooled(layer, data):
    functional, settings = torch.nn.functional, (layer.kernel, layer.strides, layer.pads[:2])
    if layer.what == "max":
        return functional.max_pool2d(data, *settings)
    return functional.avg_pool2d(data, *settings, count_include_pad=layer.what == "mean with pads")


def _convolve(layer, data, weights):
    top, left, bottom, right = layer.pads
    padded = torch.nn.functional.pad(data, (left, right, top, bottom))
    settings = {"stride": layer.strides, "dilation": layer.dilations, "groups": layer.groups}
    return torch.nn.functional.conv2d(padded, weights, **settings)
