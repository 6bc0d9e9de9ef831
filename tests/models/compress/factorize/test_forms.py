"""Two convolutions in a row are the one that they were made of, or as near as their rank lets them be."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.models.compress.factorize.forms import FORMS
from torch import nn

torch.set_num_threads(1)


@st.composite
def convolutions(draw):
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    kernel = draw(st.sampled_from([(3, 3), (1, 3), (3, 1), (5, 3), (2, 2)]))
    channels = draw(st.integers(2, 6)), draw(st.integers(1, 7))
    options = {"stride": draw(pairs), "padding": draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))}
    conv = nn.Conv2d(*channels, kernel, **options, dilation=draw(pairs), bias=draw(st.booleans()))
    return conv, draw(st.integers(0, 2**31))


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=40, deadline=None)
@given(drawn=convolutions())
def test_at_full_rank_nothing_changes(name, drawn):
    conv, seed = drawn
    form = FORMS[name]
    parts = form.empty(conv, len(form.spectrum(conv.weight.detach())))
    form.fill(parts, conv)
    inputs = torch.randn(2, conv.in_channels, 14, 13, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        torch.testing.assert_close(parts(inputs), conv(inputs), rtol=1e-4, atol=1e-5)


def kernel_of(parts, channels, size):
    """The weight that one convolution would need: what an impulse in each channel answers."""
    impulses = torch.zeros(channels, channels, 2 * size - 1, 2 * size - 1)
    for channel in range(channels):
        impulses[channel, channel, size - 1, size - 1] = 1
    with torch.no_grad():
        return parts(impulses).flip(2, 3).transpose(0, 1)


@pytest.mark.parametrize("rank", [1, 2, 4])
@pytest.mark.parametrize("name", FORMS)
def test_what_is_lost_is_what_the_spectrum_says(name, rank):
    """Eckart and Young: no other two of that rank are nearer."""
    form, conv = FORMS[name], nn.Conv2d(5, 8, 3, bias=False)
    parts = form.empty(conv, rank)
    form.fill(parts, conv)
    lost = (kernel_of(parts, 5, 3) - conv.weight.detach()).square().sum()
    spectrum = form.spectrum(conv.weight.detach())
    assert float(spectrum.sum()) == pytest.approx(float(conv.weight.detach().square().sum()), rel=1e-4)
    assert float(lost) == pytest.approx(float(spectrum[rank:].sum()), rel=1e-3)
