"""The measure of agreement: what counts as equal, as close, and as wrong."""

import numpy as np
import pytest
from tilewright.compile.accuracy import EXACT_DB, compare, compare_all, require, worst
from tilewright.compile.errors import CheckFailed

ONES = np.ones((2, 3), np.float32)


def snr(result, reference):
    return compare("y", "random", np.asarray(result, np.float32), np.asarray(reference, np.float32)).snr_db


def test_known_ratio():
    one = compare("y", "random", ONES * np.float32(1.001), ONES)
    assert one.snr_db == pytest.approx(60, abs=0.01)
    assert one.max_abs_error == pytest.approx(1e-3, rel=1e-3)


def test_equal_to_the_bit():
    assert snr(ONES, ONES) == EXACT_DB
    assert snr([0.0, 0.0], [0.0, 0.0]) == EXACT_DB
    assert snr([], []) == EXACT_DB


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
def test_equal_specials_agree_and_others_do_not(special):
    assert snr([1.0, special], [1.0, special]) == EXACT_DB
    assert snr([1.0, special], [1.0, 2.0]) == -EXACT_DB
    assert snr([1.0, 2.0], [1.0, special]) == -EXACT_DB


def test_opposite_infinities_disagree():
    assert snr([np.inf], [-np.inf]) == -EXACT_DB


def test_wrong_shape_and_noise_over_silence():
    assert snr(ONES, ONES.T) == -EXACT_DB
    assert snr([1e-9], [0.0]) == -EXACT_DB


def test_require_names_the_worst():
    results = {"good": ONES, "bad": ONES * 2}
    agreements = compare_all("real", results, {"good": ONES, "bad": ONES})
    assert worst(agreements).output == "bad"
    with pytest.raises(CheckFailed, match=r"the build of m disagrees .* output 'bad' on real input: 0\.0 dB") as caught:
        require(agreements, "the build of m")
    assert caught.value.exit_code == 1
