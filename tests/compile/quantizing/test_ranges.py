"""Ranges chosen from statistics: what each method promises, on values whose best range is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tilewright.compile.quantizing.ranges import METHODS
from tilewright.compile.quantizing.ranges.mse import squared_error
from tilewright.compile.quantizing.statistics import BINS, Range, Statistics

LEVELS = 256


def statistics_of(values, pictures=4):
    """The statistics of `values`, cut into so many pictures."""
    values = np.asarray(values, np.float64)
    parts = np.array_split(values, pictures)
    counts, _ = np.histogram(values, BINS, (values.min(), values.max()))
    return Statistics(
        np.array([part.min() for part in parts]), np.array([part.max() for part in parts]), counts, values
    )


def normal(count=100_000):
    return np.random.default_rng(0).standard_normal(count)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@given(seed=st.integers(0, 2**20), low=st.floats(-5, 5), width=st.floats(0.01, 10), power=st.floats(0.2, 4))
def test_a_range_lies_within_the_extremes(method, seed, low, width, power):
    drawn = np.random.default_rng(seed).random(500) ** power
    found = statistics_of(low + width * drawn)
    chosen, whole = method(found, LEVELS).with_zero(), found.extremes.with_zero()
    assert whole.low - 1e-9 <= chosen.low <= 0 <= chosen.high <= whole.high + 1e-9


def test_min_max_is_the_extremes():
    assert METHODS["min-max"](statistics_of([-3.0, 1.0, 2.0, 7.0, 0.5]), LEVELS) == Range(-3.0, 7.0)


def test_the_moving_average_forgets_an_outlier():
    found = Statistics(
        np.full(50, -1.0), np.array([2.0] * 20 + [100.0] + [2.0] * 29), np.ones(BINS, np.int64), np.zeros(1)
    )
    chosen = METHODS["moving-average"](found, LEVELS)
    assert chosen.low == pytest.approx(-1) and chosen.high == pytest.approx((49 * 2 + 100) / 50)
    long = Statistics(np.zeros(2000), np.array([100.0] + [2.0] * 1999), np.ones(BINS, np.int64), np.zeros(1))
    assert METHODS["moving-average"](long, LEVELS).high == pytest.approx(2.0, abs=0.01)


def test_the_percentile_is_numpys():
    values = normal(2_000_000)
    chosen = METHODS["percentile"](statistics_of(values), LEVELS)
    bin_width = np.ptp(values) / BINS
    wanted = np.quantile(values, [0.00005, 0.99995])
    np.testing.assert_allclose([chosen.low, chosen.high], wanted, atol=2 * bin_width)


def test_zeros_of_a_relu_are_kept():
    values = np.maximum(normal(), 0)
    assert METHODS["percentile"](statistics_of(values), LEVELS).low == 0.0


def test_the_squared_error_is_that_of_rounding():
    values, chosen = np.linspace(-0.9, 2.1, 301), Range(-1.0, 2.0)
    step = 3.0 / 255
    levels = np.clip(np.rint(values / step) + 85, 0, 255)
    wanted = np.sum(((levels - 85) * step - values) ** 2)
    assert squared_error(values, np.ones(301), chosen, LEVELS) == pytest.approx(wanted)


@pytest.mark.parametrize("levels", [16, 256])
def test_mse_finds_the_best_range_of_a_gaussian(levels):
    """Banner et al. (2019), "Post-training 4-bit quantization": 2.56 sigma for 4 bits, 3.92 for 8."""
    found = statistics_of(normal(400_000))
    chosen = METHODS["mse"](found, levels)
    known = {16: 2.559, 256: 3.917}[levels]
    assert (chosen.high - chosen.low) / 2 == pytest.approx(known, rel=0.06)


@pytest.mark.parametrize("name", ["percentile", "entropy", "moving-average"])
def test_an_outlier_is_clipped(name):
    values = np.concatenate([normal(), [200.0]])
    found = statistics_of(values, pictures=100)
    assert METHODS[name](found, LEVELS).high < 20


@pytest.mark.parametrize("name", ["entropy", "mse"])
def test_an_even_distribution_is_not_clipped(name):
    found = statistics_of(np.random.default_rng(1).random(100_000) * 6)
    assert METHODS[name](found, LEVELS).high == pytest.approx(6, rel=0.02)
