"""Recipes that begin with small pictures: each size has its share of the epochs, whatever their number."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tilewright.models.training.recipes import _of_size

SIZES = (24,) * 6 + (32,) * 4


def seen(epochs, sizes=SIZES, full=32):
    pictures = torch.zeros(1, 3, full, full)
    return [_of_size(pictures, sizes, (number + 1) / epochs).shape[-1] for number in range(epochs)]


@pytest.mark.parametrize("sizes", [SIZES, (16,) * 3 + (24,) * 3 + (32,), (16, 16, 32)])
def test_with_as_many_epochs_as_sizes_each_has_its_own(sizes):
    assert seen(len(sizes), sizes) == list(sizes)


@given(st.integers(1, 200))
def test_the_last_epoch_sees_the_full_size_and_none_is_smaller_than_before(epochs):
    sides = seen(epochs)
    assert sides[-1] == 32
    assert all(before <= after for before, after in pairwise(sides))
    assert abs(sides.count(24) - 0.6 * epochs) < 1


def test_half_of_the_epochs_keep_the_shares():
    assert seen(5) == [24, 24, 24, 32, 32]
