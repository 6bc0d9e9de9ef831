"""Which meter is taken, sampling in the background, and joules per run."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tilewright.compile.benchmarking.energy import (
    find_meter,
    idle_watts,
    joules_per_run,
    meter,
    require_meter_name,
)
from tilewright.compile.benchmarking.energy.sampled import SampledMeter
from tilewright.compile.errors import TilewrightError


def unavailable(reason):
    def look():
        raise TilewrightError(reason)

    return look


def test_auto_takes_the_first_that_is_there(monkeypatch):
    there = SampledMeter("there", lambda: 1.0, 0.1)
    monkeypatch.setattr(meter, "_AUTOMATIC", (unavailable("no rapl"), lambda: there, unavailable("not asked")))
    found = find_meter("auto")
    assert found.meter is there and found.reasons == ()


def test_auto_says_why_each_was_not_there(monkeypatch):
    monkeypatch.setattr(meter, "_AUTOMATIC", (unavailable("no rapl"), unavailable("no pmic")))
    found = find_meter()
    assert found.meter is None and found.reasons == ("no rapl", "no pmic", "ina219 and csv: only when named")


def test_a_meter_that_is_named_must_be_there(tmp_path):
    with pytest.raises(TilewrightError, match="ina219"):
        find_meter("ina219:250")
    with pytest.raises(TilewrightError, match="cannot be read"):
        find_meter(f"csv:{tmp_path / 'absent'}")


@pytest.mark.parametrize("text", ["", "rapl2", "csv", "csv:", "watts", "none"])
def test_what_names_no_meter(text):
    for refuse in (find_meter, require_meter_name):
        with pytest.raises(TilewrightError, match=r"unknown energy meter .*auto, rapl, pmic, ina219"):
            refuse(text)


@pytest.mark.parametrize("text", ["auto", "rapl", "pmic", "ina219", "ina219:1:0x41", "csv:a.csv"])
def test_names_are_known_without_looking_for_the_meter(text):
    require_meter_name(text)


def test_samples_are_taken_until_the_end():
    power = SampledMeter("fake", lambda: 5.0, 0.01)
    for _ in range(2):
        before = time.monotonic()
        power.start()
        inside = time.monotonic()
        time.sleep(0.1)
        least = 5 * (time.monotonic() - inside)
        joules = power.stop()
        assert least <= joules <= 5 * (time.monotonic() - before)


def test_rising_power_is_followed():
    """Power that is the time since the start: half its square."""
    began = time.monotonic()
    power = SampledMeter("ramp", lambda: time.monotonic() - began, 0.01)
    power.start()
    start = time.monotonic() - began
    time.sleep(0.2)
    end = time.monotonic() - began
    joules = power.stop()
    later = time.monotonic() - began
    assert (end**2 - start**2) / 2 <= joules * 1.001 and joules <= later**2 / 2 * 1.001


def test_what_a_meter_says_while_it_is_read_in_the_background_is_heard_at_the_end():
    readings = iter([1.0])

    def read():
        for value in readings:
            return value
        raise TilewrightError("unplugged")

    power = SampledMeter("fake", read, 0.01)
    power.start()
    time.sleep(0.1)
    with pytest.raises(TilewrightError, match="unplugged"):
        power.stop()
    with pytest.raises(TilewrightError, match="stopped before it was started"):
        power.stop()


def test_idle_power_is_its_mean():
    assert idle_watts(SampledMeter("fake", lambda: 2.5, 0.02), 0.2) == pytest.approx(2.5, rel=0.2)


@given(st.floats(0, 20), st.floats(0.1, 100), st.integers(1, 10_000), st.floats(0, 10))
def test_a_run_takes_what_is_above_idle(idle, seconds, runs, each):
    found = joules_per_run(idle * seconds + runs * each, idle, seconds, runs)
    assert found.joules == pytest.approx(each, rel=1e-6, abs=1e-6)


def test_less_than_idle_is_zero_and_said():
    found = joules_per_run(9.0, 1.0, 10.0, 3)
    assert found.joules == 0.0 and "cannot tell" in found.note
    assert joules_per_run(13.0, 1.0, 10.0, 3).note == ""
    with pytest.raises(ValueError):
        joules_per_run(1.0, 1.0, 1.0, 0)
