"""Records of measured kernels: whole lines or none, the right target, and the choice made from them."""

import json
import multiprocessing
from dataclasses import replace

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.errors import TilewrightError
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.choose import recorded_choice
from tilewright.compile.tuning.compact import compact_file
from tilewright.compile.tuning.log import FILE, append, read_log, read_records
from tilewright.compile.tuning.marks import Beaten, Checked
from tilewright.compile.tuning.network_timer import NetworkTimer
from tilewright.compile.tuning.record import Record
from tilewright.compile.tvm_stack import TVM_VERSION, compiler, in_pool_of
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, to_key

LAYER = Conv2d(1, 64, 56, 56, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
DIRECT = {"filters": 32, "rows": 1, "columns": 14, "first": "pixels"}


def record(microseconds, threads=1, kernel="direct_conv2d", config=None, **other):
    values = {"layer": to_key(LAYER), "target": "x86-vnni", "tvm": TVM_VERSION}
    values |= {"cpu": host_cpu().model, "model": "a model"}
    config = DIRECT if config is None else config
    return Record(**(values | other), kernel=kernel, config=config, threads=threads, microseconds=microseconds)


def choice(*records):
    return RecordedChoice(records, machines.get("x86-vnni"))


def test_a_record_is_read_back(tmp_path):
    append([record(12.5), record(7.25, threads=2)], tmp_path)
    assert read_records("x86-vnni", tmp_path) == [record(12.5), record(7.25, threads=2)]
    assert read_records("x86-avx2", tmp_path) == []


def test_marks_are_read_back(tmp_path):
    one = record(12.5)
    at = (one.layer, one.target, one.tvm, one.kernel, one.config)
    right, beaten = Checked(*at, "a CPU"), Beaten(*at, "a CPU", "a model")
    append([one, right, beaten], tmp_path)
    log = read_log("x86-vnni", tmp_path)
    assert (log.records, log.checked, log.beaten, log.passed_over) == ((one,), (right,), (beaten,), ())
    assert right.candidate == beaten.candidate == one.candidate


def test_a_torn_line_costs_itself_only(tmp_path):
    append([record(1.0)], tmp_path)
    path = tmp_path / "x86-vnni" / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])  # killed while writing
    append([record(2.0)], tmp_path)
    assert [one.microseconds for one in read_records("x86-vnni", tmp_path)] == [1.0, 2.0]


def test_a_line_torn_inside_a_character_costs_itself_only(tmp_path):
    named = record(1.0, model="modèle", place="alone")
    append([named], tmp_path)
    path = tmp_path / "x86-vnni" / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: whole.index("è".encode()) + 1])
    append([replace(named, microseconds=2.0)], tmp_path)
    log = read_log("x86-vnni", tmp_path)
    assert [(one.microseconds, one.model) for one in log.records] == [(1.0, "modèle"), (2.0, "modèle")]
    assert log.passed_over == (f"{path}: 1 lines that are no records are not used",)


@pytest.mark.parametrize("microseconds", [0, -1, 1e16, "fast"])
def test_impossible_times_are_passed_over(tmp_path, microseconds):
    line = json.loads(record(1.0).to_line()) | {"microseconds": microseconds}
    (tmp_path / "x86-vnni").mkdir()
    (tmp_path / "x86-vnni" / FILE).write_text(json.dumps(line) + "\n")
    assert read_records("x86-vnni", tmp_path) == []


def test_a_record_in_another_targets_folder_is_not_used(tmp_path):
    (tmp_path / "x86-avx2").mkdir()
    (tmp_path / "x86-avx2" / FILE).write_text(record(1.0).to_line() + "\n")
    assert read_records("x86-avx2", tmp_path) == []


def _write_many(folder, number):
    for _ in range(50):
        append([record(float(number)) for _ in range(20)], folder)


def test_two_runs_share_a_log(tmp_path):
    context = multiprocessing.get_context("spawn")
    runs = [context.Process(target=_write_many, args=(tmp_path, number)) for number in (1, 2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(read_records("x86-vnni", tmp_path)) == 2000


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(TilewrightError, match="--logs"):
        append([record(1.0)], tmp_path / "logs")


def test_the_fastest_over_all_thread_counts_wins():
    other = {**DIRECT, "columns": 7}
    chosen = choice(record(10.0), record(9.0, threads=2), record(11.0, config=other), record(5.0, 2, config=other))
    assert chosen(LAYER).settings == other
    assert not chosen.untuned


@pytest.mark.parametrize(("its", "wins"), [(9.9, True), (10.1, False)])
def test_a_candidate_not_measured_everywhere_is_compared_where_it_was(its, wins):
    other = {**DIRECT, "columns": 7}
    chosen = choice(record(10.0), record(9.0, threads=2), record(its, config=other))
    assert chosen(LAYER).settings == (other if wins else DIRECT)


def test_lines_that_are_not_used_are_told_of(tmp_path):
    append([record(1.0), record(2.0, tvm="0.18.0"), record(3.0, tvm="0.18.0")], tmp_path)
    path = tmp_path / "x86-vnni" / FILE
    path.write_text(path.read_text() + record(4.0, target="x86-avx2").to_line() + "\nhalf of a li")
    log = read_log("x86-vnni", tmp_path)
    assert log.records == (record(1.0),)
    assert log.passed_over == (
        f"{path}: 1 lines for target x86-avx2 are not used",
        f"{path}: 2 lines of TVM 0.18.0 are not used",
        f"{path}: 1 lines that are no records are not used",
    )


def test_measurements_count_more_than_modelled_times_and_networks_more_than_kernels_alone():
    other = {**DIRECT, "columns": 7}
    modelled = [
        record(1.0, clock="modelled", place="alone"),
        record(9.0, place="alone", clock="modelled", config=other),
    ]
    assert choice(*modelled)(LAYER).settings == DIRECT
    alone = [record(8.0, place="alone"), record(5.0, place="alone", config=other)]
    assert choice(*modelled, *alone)(LAYER).settings == other
    assert choice(*modelled, *alone, record(7.0), record(8.0, config=other))(LAYER).settings == DIRECT


@pytest.mark.parametrize("useless", [record(1.0, kernel="gone"), record(1.0, config={"gone": 1})])
def test_a_record_of_another_version_is_not_used(useless):
    chosen = choice(useless)
    assert chosen(LAYER) is not None
    assert chosen.untuned == {to_key(LAYER)}


def test_compaction_keeps_the_fastest(tmp_path):
    slower = [{**DIRECT, "columns": columns} for columns in (1, 2, 3, 4, 5)]
    append([record(10.0 + number, config=config) for number, config in enumerate(slower)], tmp_path)
    append([record(time) for time in (4.0, 5.0, 9.0)], tmp_path)
    kept = compact_file(tmp_path, "x86-vnni", tmp_path / "small" / "x86-vnni" / FILE)
    left = read_records("x86-vnni", tmp_path / "small")
    assert kept == len(left) == 3
    assert sorted(one.microseconds for one in left) == [4.0, 10.0, 11.0]


def test_compaction_keeps_the_marks_of_what_it_keeps(tmp_path):
    times = [record(10.0 + columns, config={**DIRECT, "columns": columns}) for columns in (1, 2, 3, 4, 5)]
    ats = [(one.layer, one.target, one.tvm, one.kernel, one.config) for one in (times[1], times[4])]
    right, beaten = [Checked(*at, "a CPU") for at in ats], [Beaten(*at, "a CPU", "a model") for at in ats]
    append([*times, *right, *beaten], tmp_path)
    compact_file(tmp_path, "x86-vnni", tmp_path / "small" / "x86-vnni" / FILE)
    log = read_log("x86-vnni", tmp_path / "small")
    assert (log.checked, log.beaten) == ((right[0],), (beaten[0],))


def test_compaction_keeps_what_is_never_compared_with_each_other(tmp_path):
    """Alone the winner takes less than the other does in the network: both its times stay."""
    other = {**DIRECT, "columns": 7}
    append([record(120.0), record(100.0, place="alone"), record(130.0, config=other)], tmp_path / "all")
    compact_file(tmp_path / "all", "x86-vnni", tmp_path / "few" / "x86-vnni" / FILE)
    chosen = [recorded_choice(resolve("x86-vnni"), tmp_path / folder)(LAYER).settings for folder in ("all", "few")]
    assert chosen == [DIRECT, DIRECT]


def test_a_batch_is_ranked_as_one_picture_until_it_has_records():
    batch, other = replace(LAYER, batch=16), DIRECT | {"filters": 16}
    slow, fast = record(9.0), record(5.0, config=other)
    choose = choice(slow, fast)
    assert choose(batch).settings == other and not choose.untuned
    assert choose.microseconds(batch, choose(batch), 1) is None, "the tuner still has to measure it"
    assert choice(slow, fast, record(70.0, layer=to_key(batch)))(batch).settings == DIRECT


def test_a_network_is_timed_with_the_threads_asked_for(imported_lenet5):
    target = resolve("native")
    timer = NetworkTimer(imported_lenet5, target, recorded_choice(target))
    in_use = compiler().get_global_func("runtime.NumThreads")

    def after_a_run():
        timer.executor.profile()
        return in_use()

    assert [in_pool_of(count, after_a_run) for count in (1, 2, 1)] == [1, 2, 1]
    assert all(microseconds > 0 for _, microseconds in timer.profile(1))
