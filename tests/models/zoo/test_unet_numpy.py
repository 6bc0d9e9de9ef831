"""Torch and NumPy agree on the U-Nets, layer by layer and as a whole, in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.models.random_weights import randomize
from tilewright.models.zoo import unet_numpy
from tilewright.models.zoo.retina_unet import RetinaUNet
from tilewright.models.zoo.unet import UNet
from torch.nn import functional

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 4), st.integers(1, 7), st.integers(1, 7))
SEEDS = st.integers(0, 2**32 - 1)


def _agree(ours, theirs):
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-9, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, out=st.integers(1, 4), kernel=st.sampled_from([1, 3, 5]), bias=st.booleans(), seed=SEEDS)
def test_convolution(shape, out, kernel, bias, seed):
    random = np.random.default_rng(seed)
    x, weight = random.normal(size=shape), random.normal(size=(out, shape[1], kernel, kernel))
    shift = random.normal(size=out) if bias else None
    torch_shift = None if shift is None else torch.from_numpy(shift)
    theirs = functional.conv2d(torch.from_numpy(x), torch.from_numpy(weight), torch_shift, padding=kernel // 2)
    _agree(unet_numpy.conv2d(x, weight, shift), theirs)


@settings(max_examples=60, deadline=None)
@given(shape=SHAPES, out=st.integers(1, 4), seed=SEEDS)
def test_transposed_convolution(shape, out, seed):
    random = np.random.default_rng(seed)
    x, weight, bias = random.normal(size=shape), random.normal(size=(shape[1], out, 2, 2)), random.normal(size=out)
    theirs = functional.conv_transpose2d(*map(torch.from_numpy, (x, weight, bias)), stride=2)
    _agree(unet_numpy.conv_transpose2d(x, weight, bias), theirs)


@settings(max_examples=30, deadline=None)
@given(shape=SHAPES, seed=SEEDS)
def test_layers_without_weights(shape, seed):
    x = np.random.default_rng(seed).normal(size=shape) * 30
    tensor = torch.from_numpy(x)
    _agree(unet_numpy.upsample(x), functional.interpolate(tensor, scale_factor=2, mode="nearest"))
    _agree(unet_numpy.max_pool(unet_numpy.upsample(x)), tensor)
    _agree(unet_numpy.sigmoid(x), torch.sigmoid(tensor))
    _agree(unet_numpy.softmax(x), torch.softmax(tensor, dim=1))


def test_pooling():
    x = np.random.default_rng(2).normal(size=(2, 3, 8, 6))
    _agree(unet_numpy.max_pool(x), functional.max_pool2d(torch.from_numpy(x), 2))


def test_sigmoid_and_softmax_do_not_overflow():
    with np.errstate(all="raise"):
        assert unet_numpy.sigmoid(np.array([-1e4, 0.0, 1e4])).tolist() == [0, 0.5, 1]
    scores = np.array([1e4, 0.0]).reshape(1, 2, 1, 1)
    assert unet_numpy.softmax(scores).ravel().tolist() == [1, 0]


def _both(module, forward, shape):
    """The two answers for a random picture.  Weights are random, BatchNorm is not the identity."""
    randomize(module, shape, seed=3)
    module.double()
    x = np.random.default_rng(4).normal(size=shape)
    with torch.inference_mode():
        theirs = module(torch.from_numpy(x))
    ours = forward(x, {name: tensor.numpy() for name, tensor in module.state_dict().items()})
    assert theirs.std() > 1e-3  # otherwise agreement would mean nothing
    return ours, theirs


@pytest.mark.parametrize(("width", "channels"), [(4, 3), (2, 1)])
def test_unet(width, channels):
    ours, theirs = _both(UNet(width, channels), unet_numpy.unet, (2, channels, 32, 48))
    assert ours.shape == (2, 1, 32, 48)
    _agree(ours, theirs)


def test_retina_unet():
    ours, theirs = _both(RetinaUNet(), unet_numpy.retina_unet, (2, 1, 12, 20))
    assert ours.shape == (2, 2, 12, 20)
    _agree(ours, theirs)
