"""`tilewright tune` on a real network: what it records, that it resumes, and that a build uses it."""

import json

import pytest
from tilewright.compile.tuning.log import FILE


@pytest.mark.slow
def test_it_records_resumes_and_is_used(cli, tmp_path):
    logs = tmp_path / "logs"
    options = ["--threads", "1", "--weights", "random", "--logs", logs]
    first = cli("tune", "lenet5", *options)
    assert first.code == 0, first.stderr
    (path,) = logs.glob(f"*/{FILE}")
    lines = path.read_text().splitlines()
    assert f"lenet5: {len(lines)} new records" in first.stdout
    records = [json.loads(line) for line in lines]
    layers = {json.dumps(record["layer"]) for record in records}
    assert len(layers) == 4 and all(record["microseconds"] > 0 for record in records)

    kept = lines[: len(lines) // 2]
    path.write_text("\n".join(kept) + "\n" + lines[-1][:40])  # killed half-way, in the middle of a line
    again = cli("tune", "lenet5", *options)
    assert again.code == 0, again.stderr
    measured = {json.dumps([one["layer"], one["kernel"], one["config"]]) for one in map(json.loads, kept)}
    fresh = path.read_text().splitlines()[len(kept) + 1 :]
    assert fresh and not measured & {
        json.dumps([one["layer"], one["kernel"], one["config"]]) for one in map(json.loads, fresh)
    }, "nothing is measured twice"

    bundle = tmp_path / "lenet5.bundle"
    assert cli("compile", "lenet5", "-o", bundle, TILEWRIGHT_LOGS=str(logs)).code == 0
    manifest = json.loads((bundle / "manifest.json").read_text())
    ours = [kernel["name"] for kernel in manifest["kernels"] if kernel["schedule"]]
    assert sorted(manifest["tuned_kernels"]) == sorted(ours) and len(ours) == 7


def test_what_cannot_be_tuned(fails, tmp_path):
    fails("tune", "lenet5", "--target", "llvm -mcpu=nehalem", "--logs", tmp_path, says="no machine description")
    fails("tune", "lenet", "--logs", tmp_path, says="did you mean lenet5")
    fails("tune", "lenet5", "--threads", "0", says="--threads")
