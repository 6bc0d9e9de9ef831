"""The energy of timed blocks: what belongs to them, and what does not."""

import threading
import time
from contextlib import contextmanager

import pytest
from tilewright.compile.benchmarking import protocol
from tilewright.compile.benchmarking.child import Child
from tilewright.compile.benchmarking.energy import FoundMeter, recorder
from tilewright.compile.benchmarking.metrics.latency import time_block
from tilewright.compile.errors import TilewrightError


class Counter:
    """A meter of a machine that takes 2 W at rest and 3 J a call."""

    name = "counter"

    def __init__(self):
        self.calls, self._start = 0, (0.0, 0)

    def call(self):
        self.calls += 1
        time.sleep(0.001)

    def start(self):
        self._start = time.monotonic(), self.calls

    def stop(self):
        seconds, calls = time.monotonic() - self._start[0], self.calls - self._start[1]
        return 2.0 * seconds + 3.0 * calls


def test_runs_inside_of_blocks_are_counted_and_warming_up_is_not(monkeypatch):
    machine = Counter()
    monkeypatch.setattr(recorder, "find_meter", lambda text: FoundMeter(machine))
    energy = recorder.EnergyRecorder("counter", 0.05)
    for _ in range(3):
        machine.call()  # another engine's turn
        time_block(machine.call, 0.0, 20, around=energy.block)
    found = energy.of_a_run()
    assert machine.calls == 3 * (1 + 3 + 20)
    assert found.joules == pytest.approx(3.0, rel=0.02)
    assert found.note.startswith("counter, 2.0")


def test_without_a_meter_there_is_a_reason_and_no_figure(monkeypatch):
    monkeypatch.setattr(recorder, "find_meter", lambda text: FoundMeter(None, ("no rapl", "no pmic")))
    energy = recorder.EnergyRecorder("auto", 60.0)
    assert len(time_block(lambda: None, 0.0, 5, around=energy.block)) == 5
    assert energy.of_a_run().joules is None and energy.of_a_run().note == "no rapl; no pmic"


def test_a_block_without_energy_is_as_before():
    entered = []

    @contextmanager
    def around(times):
        entered.append(len(times))
        yield
        entered.append(len(times))

    assert len(time_block(lambda: None, 0.0, 4, around=around)) == 4 and entered == [0, 4]


@pytest.fixture
def constant_power(tmp_path):
    """A CSV file to which a logger writes 7 W, as the runs go on."""
    path, ended = tmp_path / "meter.csv", threading.Event()
    path.write_text(f"time,W\n{time.time():.3f},7\n")

    def log():
        while not ended.wait(0.02):
            with path.open("a") as file:
                file.write(f"{time.time():.3f},7\n")

    thread = threading.Thread(target=log)
    thread.start()
    yield path
    ended.set()
    thread.join()


def test_the_process_of_an_engine_measures_itself(job, job_files, constant_power, monkeypatch):
    """Constant power is idle power: what is above it is 0 but for the rounding of times."""
    monkeypatch.setattr(protocol, "_IDLE_SECONDS", 0.3)
    short = protocol.Protocol(1, 0.2, 5, 0.01, energy=f"csv:{constant_power}")
    with Child(job("tvm"), job_files[1]) as child:
        protocol.take_turns([child], short)
        found = child.ask("energy")
    assert 0 <= found["joules"] < 1e-3 and found["note"].startswith("csv, 7.0")


def test_a_meter_that_is_not_there_is_one_line(job, job_files):
    with (
        Child(job("tvm"), job_files[1]) as child,
        pytest.raises(TilewrightError, match="no /dev/i2c-250"),
    ):
        child.ask("energy_idle", meter="ina219:250", seconds=0.1)
