"""Records as files of AutoTVM's and MetaSchedule's, there and back, through TVM's own readers."""

import json

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import append, read_records
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.sources.by_metaschedule import ByMetaSchedule, Traced
from tilewright.compile.tuning.sources.cost_model import CostModel
from tilewright.compile.tvm_stack import TVM_VERSION, compiler, metaschedule
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, to_key

compiler()  # sets TVM up before the kernels import it

from tilewright.schedules.kernels import candidates, templates, traceable, unscheduled  # noqa: E402

TARGET = resolve("x86-avx2")
LAYER = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


def record(candidate, microseconds, threads=1, target=TARGET.name, **other):
    settings, name = candidate.settings, candidate.kernel.name
    at = (to_key(LAYER), target, TVM_VERSION, name, settings)
    return Record(*at, threads, microseconds, "some CPU", "resnet20", **other)


@pytest.mark.slow
def test_an_autotvm_log(cli, tmp_path):
    machine = machines.get(TARGET.machine)
    ours = [*list(candidates(LAYER, machine))[:3], next(iter(templates(LAYER, machine)))]
    records = [record(one, 10.5 + number) for number, one in enumerate(ours)]
    append(records, tmp_path / "logs")
    file = tmp_path / "plain.log"
    options = ["--target", TARGET.name, "--logs"]
    done = cli("records", "export", "autotvm", file, *options, tmp_path / "logs")
    assert done.code == 0 and "4 lines" in done.stdout, done.stderr
    from tvm.autotvm.record import load_from_file

    assert [result.costs for _, result in load_from_file(str(file))] == [
        pytest.approx((one.microseconds / 1e6,)) for one in records
    ]
    done = cli("records", "import", "autotvm", file, *options, tmp_path / "other")
    assert done.code == 0 and not done.stderr, done.stderr
    assert read_records(TARGET.name, tmp_path / "other") == records


@pytest.mark.slow
def test_an_autotvm_log_keeps_how_its_records_were_measured(cli, tmp_path):
    """Of one thread count, told on the way out and kept on the way in, as is that a clock was modelled."""
    first, second = list(candidates(LAYER, machines.get("cortex-a72")))[:2]
    modelled = {"target": "rpi4", "place": "alone", "clock": "modelled"}
    records = [record(first, 10.5, **modelled), record(first, 6.5, 2, **modelled), record(second, 7.5, 2, **modelled)]
    append(records, tmp_path / "logs")
    file, options = tmp_path / "plain.log", ["--target", "rpi4", "--logs"]
    done = cli("records", "export", "autotvm", file, "--threads", 2, *options, tmp_path / "logs")
    assert done.code == 0 and "2 lines, times with 2 thread(s), by the MODELLED clock" in done.stdout, done.stderr
    assert "1 of other thread counts are not written" in done.stderr
    assert cli("records", "import", "autotvm", file, *options, tmp_path / "other").code == 0
    assert read_records("rpi4", tmp_path / "other") == records[1:]

    append([record(first, 9.5, target="rpi4", place="alone")], tmp_path / "logs")
    done = cli("records", "export", "autotvm", file, *options, tmp_path / "logs")
    assert "1 lines, times with 1 thread(s)\n" in done.stdout and "1 by a modelled clock are not written" in done.stderr
    done = cli("records", "import", "autotvm", file, "--target", "rpi5", "--logs", tmp_path / "other")
    assert "1 for another processor than rpi5's are not used" in done.stderr and "0 records" in done.stdout


def test_what_tvm_tuned_itself(cli, tmp_path):
    """A line as AutoTVM writes it for TVM's own template; others for another CPU or system, of another TVM, failed."""
    arguments = [["TENSOR", [1, 16, 8, 8], "float32"], ["TENSOR", [16, 16, 3, 3], "float32"], [1, 1], [1, 1, 1, 1]]
    arguments += [[1, 1], "NCHW16c", "NCHW16c", "float32"]
    entity = [["tile_ic", "sp", [-1, 16]], ["tile_oc", "sp", [-1, 16]], ["tile_ow", "sp", [-1, 4]]]
    entity += [["unroll_kw", "ot", True]]
    line = {
        "input": ["llvm -keys=cpu -mcpu=haswell", "conv2d_NCHWc.x86", arguments, {}],
        "config": {"index": 7, "code_hash": None, "entity": entity},
        "result": [[2.5e-05], 0, 1.0, 1600000000.0],
        "version": 0.2,
        "tvm_version": "0.19.0",
    }
    elsewhere = {**line, "input": ["llvm -keys=cpu -mcpu=skylake-avx512", *line["input"][1:]]}
    system = {**line, "input": ["llvm -keys=cpu -mcpu=haswell -mtriple=i386-linux-gnu", *line["input"][1:]]}
    older = {**line, "tvm_version": "0.18.0"}
    failed = {**line, "result": [[1000000000.0], 4, 1.0, 1600000000.0]}
    file = tmp_path / "tvm.log"
    file.write_text("".join(json.dumps(one) + "\n" for one in (line, elsewhere, system, older, failed)))
    done = cli("records", "import", "autotvm", file, "--target", TARGET.name, "--logs", tmp_path)
    assert done.code == 0, done.stderr
    assert "2 for another processor than x86-avx2's are not used" in done.stderr
    assert "1 of TVM 0.18.0 are not used" in done.stderr
    assert "1 measurements that failed are not used" in done.stderr
    (one,) = read_records(TARGET.name, tmp_path)
    assert (one.layer, one.kernel, one.microseconds) == (to_key(LAYER), "tvm_conv2d", 25.0)
    assert one.config == {"columns": 4, "rows": 1, "unrolled": 1}
    assert one.candidate in {each.name for each in templates(LAYER, machines.get(TARGET.machine))}


@pytest.mark.slow
def test_a_metaschedule_database(cli, fails, tmp_path):
    kernel = traceable(LAYER)
    found = ByMetaSchedule(LAYER, kernel, Traced(left=3), TARGET, CostModel(tmp_path / "model")).next(3)
    records = [record(one, 20.5 + number, 2, place="alone") for number, one in enumerate(found)]
    beside = [record(found[0], 30.5, 1, place="alone"), record(found[0], 31.5, 2, place="alone", clock="modelled")]
    append([*records, *beside], tmp_path / "logs")
    folder = tmp_path / "database"
    options = ["--target", TARGET.name, "--logs"]
    done = cli("records", "export", "metaschedule", folder, "--threads", 2, *options, tmp_path / "logs")
    assert done.code == 0 and "3 traces, times with 2 thread(s)" in done.stdout, done.stderr
    assert "1 of other thread counts are not written" in done.stderr and "1 by a modelled clock" in done.stderr
    fails("records", "export", "metaschedule", folder, *options, tmp_path / "logs", says="database exists")
    ms = metaschedule()
    files = [folder / f"database_{name}.json" for name in ("workload", "tuning_record")]
    assert len(ms.database.JSONDatabase(*map(str, files)).get_all_tuning_records()) == 3
    assert len(files[0].read_text().splitlines()) == 1, "one workload"
    done = cli("records", "import", "metaschedule", folder, *options, tmp_path / "other")
    assert done.code == 0, done.stderr
    back = read_records(TARGET.name, tmp_path / "other")
    assert sorted((one.microseconds, one.threads) for one in back) == [(20.5, 2), (21.5, 2), (22.5, 2)]
    done = cli("records", "import", "metaschedule", folder, "--target", "x86-vnni", "--logs", tmp_path / "other")
    assert "3 for another processor than x86-vnni's are not used" in done.stderr and "0 records" in done.stdout
    (folder / "tilewright.json").write_text('{"tvm": "0.18.0", "threads": 2}')
    done = cli("records", "import", "metaschedule", folder, *options, tmp_path / "none")
    assert "3 of TVM 0.18.0 are not used" in done.stderr and "0 records" in done.stdout
    from tilewright.schedules.kernels import candidate
    from tilewright.schedules.traces.lowering import lowered_alone
    from tvm.ir import structural_equal

    for one, other in zip(records, sorted(back, key=lambda one: one.microseconds), strict=True):
        bodies = [_bare(lowered_alone(LAYER, candidate(each.kernel, each.config), "kernel")) for each in (one, other)]
        assert structural_equal(*bodies), "the same schedule"


def _bare(module):
    """Lowered, so that what the blocks state is gone."""
    import tvm

    return tvm.lower(module)["kernel"].body


def test_modelled_traces_are_no_database(fails, tmp_path):
    """MetaSchedule would take their times for measured ones."""
    one = unscheduled(LAYER)
    append([record(one, 20.5, target="rpi4", place="alone", clock="modelled")], tmp_path)
    options = ["--target", "rpi4", "--logs", tmp_path]
    fails("records", "export", "metaschedule", tmp_path / "database", *options, says="rpi4 have modelled times")
    assert not (tmp_path / "database").exists()


@pytest.mark.slow
def test_what_cannot_be_read(fails, tmp_path):
    (tmp_path / "wrong.log").write_text("not a log\n")
    options = ["--target", TARGET.name, "--logs", tmp_path]
    fails("records", "import", "autotvm", tmp_path / "wrong.log", *options, says="wrong.log:1 is no line of an AutoTVM")
    (tmp_path / "bytes.log").write_bytes(b"\xff\xfe")
    fails("records", "import", "autotvm", tmp_path / "bytes.log", *options, says="bytes.log:1 is no line of an AutoTVM")
    fails("records", "import", "metaschedule", tmp_path, *options, says="is no MetaSchedule database")
    fails("records", "import", "autotvm", tmp_path / "none.log", *options, says="does not exist")
    assert not (tmp_path / TARGET.name).exists()


def test_the_list(cli, tmp_path):
    append([record(next(iter(candidates(LAYER, machines.get(TARGET.machine)))), 10.5)], tmp_path)
    done = cli("records", "list", "--target", TARGET.name, "--logs", tmp_path)
    assert done.code == 0 and "conv2d 1x16x8x8 -> 16 filters, 3x3" in done.stdout and "10.5" in done.stdout
    result = tmp_path / "few.jsonl"
    done = cli("records", "compact", result, "--target", TARGET.name, "--logs", tmp_path)
    assert done.code == 0 and "1 lines" in done.stdout and result.exists()
