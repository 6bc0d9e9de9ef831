"""The matrices of minimal filtering: exact, and the published ones."""

from fractions import Fraction

import numpy as np
import pytest
from tilewright.schedules.kernels.cook_toom import as_array, transforms


@pytest.mark.parametrize(("outputs", "taps"), [(1, 3), (2, 3), (4, 3), (6, 3), (2, 5), (3, 2), (4, 5), (2, 7)])
def test_it_filters_exactly(outputs, taps):
    found = transforms(outputs, taps)
    values = np.random.default_rng(outputs * 10 + taps)
    data = [Fraction(int(one)) for one in values.integers(-9, 9, outputs + taps - 1)]
    weights = [Fraction(int(one)) for one in values.integers(-9, 9, taps)]
    product = [
        sum(g * w for g, w in zip(grow, weights, strict=True)) * sum(b * d for b, d in zip(brow, data, strict=True))
        for grow, brow in zip(found.filter, found.input, strict=True)
    ]
    filtered = [sum(a * p for a, p in zip(row, product, strict=True)) for row in found.output]
    assert filtered == [sum(w * data[start + tap] for tap, w in enumerate(weights)) for start in range(outputs)]


def test_f_4_3_is_that_of_lavin_and_gray():
    # arXiv:1509.09308, section 4.3; rows there may have the opposite sign in B^T and G together.
    found = as_array(transforms(4, 3).input)
    published = [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
    assert np.array_equal(np.abs(found), np.abs(published))
    assert np.array_equal(as_array(transforms(4, 3).output)[3], [0, 1, -1, 8, -8, 1])


def test_too_many_points_are_refused():
    with pytest.raises(ValueError, match=r"F\(8, 3\)"):
        transforms(8, 3)
