"""How long a run may take, as it is written and as it is kept."""

import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.tuning.budget import Budget, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("20m", 1200), ("1.5h", 5400), ("1h30m", 5400), ("1m5", 65)]
)
def test_durations(text, seconds):
    assert parse_duration(text, "--budget") == seconds


@pytest.mark.parametrize("text", ["", "soon", "20 m", "-5m", "0", "5d", "m"])
def test_what_is_no_duration(text):
    with pytest.raises(TilewrightError, match="--budget"):
        parse_duration(text, "--budget")


def test_what_is_left():
    assert Budget().left(10**9)
    assert Budget.starting_now(trials=3).left(2) and not Budget.starting_now(trials=3).left(3)
    assert Budget.starting_now(seconds=60).left(10) and not Budget(seconds=1.0, began=-5.0).left(0)


def test_the_end_of_a_run_has_time_of_the_budget_too():
    """A fifth of it; two minutes a network where that is less."""
    assert Budget.starting_now(seconds=300).before_the_end(1).seconds == pytest.approx(240, abs=0.1)
    assert Budget.starting_now(seconds=3600).before_the_end(1).seconds == pytest.approx(3480, abs=0.5)
    assert Budget.starting_now(seconds=3600).before_the_end(3).seconds == pytest.approx(3240, abs=0.5)
    of_trials = Budget.starting_now(trials=5)
    assert of_trials.before_the_end(2) == of_trials
