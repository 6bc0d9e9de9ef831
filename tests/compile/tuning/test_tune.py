"""`tilewright tune` on a real network: what it records, that it resumes, and that a build uses it."""

import json
import os
from collections import Counter

import pytest
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import FILE, read_log
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.schedules.kernels import default
from tilewright.schedules.layers import from_key, to_key


def layers_with_a_choice():
    target = resolve("native")
    tasks = tasks_of([import_model("lenet5", check=False)], target, require_choice(target))
    return {json.dumps(json.loads(to_key(task.layer))) for task in tasks if len(task.candidates) > 1}


def measured(lines):
    """Those that are no marks: of a layer that is finished, of a winner that was right or that its default beat."""
    return [line for line in lines if "microseconds" in json.loads(line)]


def named(layer, kernel, config):
    """A candidate of a layer as one text."""
    return json.dumps([to_key(layer), kernel, config], sort_keys=True)


@pytest.mark.slow
def test_it_records_resumes_and_is_used(cli, tmp_path):
    logs = tmp_path / "logs"
    options = ["--tuner", "kernels", "--threads", "1", "--weights", "random", "--logs", logs]
    first = cli("tune", "lenet5", *options)
    assert first.code == 0, first.stderr
    (path,) = logs.glob(f"*/{FILE}")
    lines = measured(path.read_text().splitlines())
    assert f"lenet5: {len(lines)} new records" in first.stdout
    records = [json.loads(line) for line in lines]
    layers = {json.dumps(record["layer"]) for record in records}
    assert layers == layers_with_a_choice() and all(record["microseconds"] > 0 for record in records)
    rows = [line.split() for line in first.stdout.splitlines() if line.startswith(("conv2d", "dense", "pool2d"))]
    assert len(rows) == len(layers) and all(row[-3].endswith("%") for row in rows), first
    tried = {json.dumps([one["layer"], one["kernel"], one["config"]]) for one in records}
    assert [sum(int(row[place]) for row in rows) for place in (-2, -1)] == [len(tried), 0], "trials, and what is left"
    log, known = read_log(path.parent.name, logs), require_choice(resolve("native"), logs)
    winners = {(layer, known.ranked(from_key(layer))[0].name) for layer in {one.layer for one in log.records}}
    assert {(one.layer, one.candidate) for one in log.checked} == winners, "what won in the network was asked as well"
    assert "lenet5: 0 new records" in cli("tune", "lenet5", *options).stdout
    assert read_log(path.parent.name, logs).checked == log.checked

    kept = lines[: len(tried) // 2]
    path.write_text("\n".join(kept) + "\n" + lines[-1][:40])  # killed half-way, in the middle of a line
    again = cli("tune", "lenet5", *options)
    assert again.code == 0, again.stderr
    fresh = measured(path.read_text().splitlines()[len(kept) + 1 :])
    times = Counter(
        named(from_key(json.dumps(one["layer"])), one["kernel"], one["config"]) for one in map(json.loads, kept + fresh)
    )
    assert fresh and {count % 3 for count in times.values()} <= {1, 2}, "once, and three times more those in turns"
    assert min(times.values()) == 1
    known = require_choice(resolve("native"), logs).in_network("lenet5")
    for layer in map(from_key, {one.layer for one in read_log(path.parent.name, logs).records}):
        ends = [one for one in known.ranked(layer) if times[named(layer, one.kernel.name, one.settings)] % 3 == 2]
        assert {*ends} <= {default(layer, known.machine), known.ranked(layer)[0]}, "once more at the end, where faster"
    assert all(count == 1 for count in Counter(kept).values())

    bundle = tmp_path / "lenet5.bundle"
    assert cli("compile", "lenet5", "-o", bundle, TILEWRIGHT_LOGS=str(logs)).code == 0
    manifest = json.loads((bundle / "manifest.json").read_text())
    ours = [kernel["name"] for kernel in manifest["kernels"] if kernel["schedule"]]
    assert sorted(manifest["tuned_kernels"]) == sorted(ours) and len(ours) == 7


@pytest.mark.slow
def test_what_cannot_be_tuned(fails, tmp_path):
    fails("tune", "lenet5", "--target", "llvm -mcpu=nehalem", "--logs", tmp_path, says="no machine description")
    fails("tune", "lenet", "--logs", tmp_path, says="did you mean lenet5")
    fails("tune", "lenet5", "--threads", "0", says="--threads")
    fails("tune", "lenet5", "--budget", "soon", says="--budget 'soon': write a time such as 90s, 20m or 1h30m")
    fails("tune", "lenet5", "--tuner", "autotm", "--logs", tmp_path, says="did you mean autotvm")
    words = ["target rpi4 cannot be measured on", "aarch64", "a board run it: --board box"]
    fails("tune", "lenet5", "--target", "rpi4", "--logs", tmp_path, says=words)


@pytest.mark.slow
def test_where_nothing_can_be_linked_nothing_is_measured(fails, tmp_path):
    """Rounds in the network need no linker; what they find could not be built."""
    hidden = "import importlib.util as util; real = util.find_spec\n"
    hidden += "util.find_spec = lambda name, *package: None if name == 'ziglang' else real(name, *package)\n"
    (tmp_path / "sitecustomize.py").write_text(hidden)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    options = ["--tuner", "kernels", "--threads", 1, "--weights", "random", "--logs", tmp_path / "logs"]
    fails("tune", "lenet5", *options, says="a linker is missing", code=1, PYTHONPATH=path, PATH=str(tmp_path))
    assert not (tmp_path / "logs").exists()


@pytest.mark.all
def test_autotvm_proposes_within_its_trials_and_goes_on(cli, tmp_path):
    options = ["--tuner", "autotvm:random", "--threads", 1, "--weights", "random", "--logs", tmp_path]
    first = cli("tune", "lenet5", "--trials", 8, *options)
    assert first.code == 0, first.stderr
    (path,) = tmp_path.glob(f"*/{FILE}")
    records = [json.loads(line) for line in measured(path.read_text().splitlines())]
    in_turns = [one for one in records if one.get("place") != "alone"]
    assert len(records) == 8 + len(in_turns) and f"lenet5: {len(records)} new records" in first.stdout
    assert {one["model"] for one in in_turns} == {"lenet5"}, "the default and the winner, at the end of the run"
    assert "its layers add up to" in first.stdout, "each task was measured once before any a second time"
    again = cli("tune", "lenet5", *options)
    assert again.code == 0, again.stderr
    log = read_log(path.parent.name, tmp_path)
    names = [(record.layer, record.candidate) for record in log.records if record.place == "alone"]
    assert len(names) == len(set(names)) > 8, "nothing is measured twice alone"
    assert {one.layer for one in log.finished} == {one.layer for one in log.records}
    assert "lenet5: 0 new records" in cli("tune", "lenet5", *options).stdout


@pytest.mark.slow
def test_a_budget_ends_after_the_round_that_spends_it(cli, tmp_path):
    done = cli("tune", "lenet5", "--trials", 1, "--threads", 1, "--weights", "random", "--logs", tmp_path)
    assert done.code == 0, done.stderr
    (path,) = tmp_path.glob(f"*/{FILE}")
    records = [json.loads(line) for line in measured(path.read_text().splitlines())]
    tried = Counter(json.dumps([one["layer"], one["kernel"], one["config"]]) for one in records)
    assert len(tried) == len(layers_with_a_choice()), "one round: each layer's first candidate"
    assert max(tried.values()) <= 2, "and once more at the end"
