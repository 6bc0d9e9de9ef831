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

from tilewright.schedules.kernels import candidates, templates, traceable  # noqa: E402

TARGET = resolve("x86-avx2")
LAYER = Conv2d(1, 16, 8, 8, 16, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


def record(candidate, microseconds, threads=1):
    settings, name = candidate.settings, candidate.kernel.name
    return Record(
        to_key(LAYER), TARGET.name, TVM_VERSION, name, settings, threads, microseconds, "some CPU", "resnet20"
    )


def known(records):
    return sorted((one.layer, one.candidate, one.threads, one.microseconds, one.place) for one in records)


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
    expected = [(layer, name, threads, time, "alone") for layer, name, threads, time, _ in known(records)]
    assert known(read_records(TARGET.name, tmp_path / "other")) == expected


def test_what_tvm_tuned_itself(cli, tmp_path):
    """A line as AutoTVM writes it for TVM's own template, one for another CPU, and one that failed."""
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
    failed = {**line, "result": [[1000000000.0], 4, 1.0, 1600000000.0]}
    file = tmp_path / "tvm.log"
    file.write_text("".join(json.dumps(one) + "\n" for one in (line, elsewhere, failed)))
    done = cli("records", "import", "autotvm", file, "--target", TARGET.name, "--logs", tmp_path)
    assert done.code == 0, done.stderr
    assert "1 for another processor than x86-avx2's are not used" in done.stderr
    assert "1 measurements that failed are not used" in done.stderr
    (one,) = read_records(TARGET.name, tmp_path)
    assert (one.layer, one.kernel, one.microseconds) == (to_key(LAYER), "tvm_conv2d", 25.0)
    assert one.config == {"columns": 4, "rows": 1, "unrolled": 1}
    assert one.candidate in {each.name for each in templates(LAYER, machines.get(TARGET.machine))}


@pytest.mark.slow
def test_a_metaschedule_database(cli, fails, tmp_path):
    kernel = traceable(LAYER)
    found = ByMetaSchedule(LAYER, kernel, Traced(left=3), TARGET, CostModel(tmp_path / "model")).next(3)
    records = [record(one, 20.5 + number) for number, one in enumerate(found)]
    append(records, tmp_path / "logs")
    folder = tmp_path / "database"
    options = ["--target", TARGET.name, "--logs"]
    done = cli("records", "export", "metaschedule", folder, *options, tmp_path / "logs")
    assert done.code == 0 and "3 traces" in done.stdout, done.stderr
    fails("records", "export", "metaschedule", folder, *options, tmp_path / "logs", says="database exists")
    ms = metaschedule()
    files = [folder / f"database_{name}.json" for name in ("workload", "tuning_record")]
    assert len(ms.database.JSONDatabase(*map(str, files)).get_all_tuning_records()) == 3
    assert len(files[0].read_text().splitlines()) == 1, "one workload"
    done = cli("records", "import", "metaschedule", folder, *options, tmp_path / "other")
    assert done.code == 0, done.stderr
    back = read_records(TARGET.name, tmp_path / "other")
    assert sorted(one.microseconds for one in back) == [20.5, 21.5, 22.5]
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


def test_what_cannot_be_read(fails, tmp_path):
    (tmp_path / "wrong.log").write_text("not a log\n")
    options = ["--target", TARGET.name, "--logs", tmp_path]
    fails("records", "import", "autotvm", tmp_path / "wrong.log", *options, says="wrong.log:1 is no line of an AutoTVM")
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
