"""The trapezoid rule over a window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tilewright.compile.benchmarking.energy.integration import integrate, integrate_window
from tilewright.compile.errors import TilewrightError

POWER = st.floats(0.0, 500.0)


@st.composite
def recordings(draw):
    """(seconds, rising; watts)."""
    gaps = draw(st.lists(st.floats(1e-3, 10.0), min_size=1, max_size=30))
    watts = draw(st.lists(POWER, min_size=len(gaps) + 1, max_size=len(gaps) + 1))
    return np.concatenate([[0.0], np.cumsum(gaps)]) + draw(st.floats(0, 2e9)), np.array(watts)


@given(recordings(), POWER)
def test_constant_power_is_power_times_time(recording, watts):
    seconds, _ = recording
    expected = watts * (seconds[-1] - seconds[0])
    assert integrate(seconds, np.full(len(seconds), watts)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(recordings())
def test_as_numpys_own_rule(recording):
    seconds, watts = recording
    assert integrate(seconds, watts) == pytest.approx(np.trapezoid(watts, seconds), rel=1e-9, abs=1e-9)


@given(recordings(), st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)))
def test_windows_add_up_and_lie_between_the_least_and_the_most_power(recording, shares):
    seconds, watts = recording
    begin, middle, end = (seconds[0] + share * (seconds[-1] - seconds[0]) for share in sorted(shares))
    begin, end = max(begin, seconds[0]), min(end, seconds[-1])
    middle = min(max(middle, begin), end)
    whole = integrate_window(seconds, watts, begin, end)
    parts = integrate_window(seconds, watts, begin, middle) + integrate_window(seconds, watts, middle, end)
    assert parts == pytest.approx(whole, rel=1e-6, abs=1e-3)
    assert watts.min() * (end - begin) - 1e-3 <= whole <= watts.max() * (end - begin) + 1e-3


@given(st.floats(0, 10), st.floats(0, 10))
def test_power_on_a_line_is_exact(begin, end):
    seconds = np.linspace(0, 10, 7)
    begin, end = sorted((begin, end))
    assert integrate_window(seconds, 3 * seconds + 1, begin, end) == pytest.approx(
        1.5 * (end**2 - begin**2) + end - begin, abs=1e-9
    )


@pytest.mark.parametrize(("begin", "end"), [(-1, 1), (1, 11), (-1, 11)])
def test_a_window_that_sticks_out(begin, end):
    with pytest.raises(TilewrightError, match="do not cover"):
        integrate_window(np.array([0.0, 10.0]), np.array([1.0, 1.0]), begin, end)
