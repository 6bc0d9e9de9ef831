"""The verbs do what they say; wrong use is in test_cli_errors.py."""

import json
import re
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from tilewright.compile.accuracy import compare
from tilewright.compile.bundle.manifest import read_manifest, write_manifest
from tilewright.compile.cpu import host_cpu
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.tensor_spec import random_inputs
from tilewright.models import zoo

IMPORTED_FOR_HELP = """
import sys
from tilewright.compile.cli import main
sys.argv = ["tilewright", *sys.argv[1:]]
try:
    main()
finally:
    heavy = {"torch", "tvm", "onnx", "onnxruntime", "numpy", "scipy", "PIL", "xgboost", "mlxtend"}
    print("HEAVY", sorted(heavy & sys.modules.keys()))
"""


VERBS = ("models", "export", "compile", "run", "bench", "eval", "data", "doctor")


@pytest.mark.parametrize("arguments", [(), *((verb,) for verb in VERBS), ("data", "get"), ("data", "list")])
def test_help_imports_nothing_heavy(arguments):
    command = [sys.executable, "-c", IMPORTED_FOR_HELP, *arguments, "--help"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert time.perf_counter() - started < 5  # 0.2 s on an idle machine
    assert "Usage: tilewright" in done.stdout and done.stdout.endswith("HEAVY []\n")


def test_without_arguments_it_helps(cli):
    done = cli()
    assert all(verb in done.stdout + done.stderr for verb in VERBS)


def test_models(cli, tmp_path):
    done = cli("models", "--json", tmp_path / "models.json")
    rows = {row["name"]: row for row in json.loads((tmp_path / "models.json").read_text())}
    assert done.code == 0 and list(rows) == sorted(zoo.names())
    assert (rows["resnet18"]["parameters"], rows["mobilenetv2"]["parameters"]) == (11_689_512, 3_504_872)
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name, row in rows.items():
        assert f"{row['parameters']:,}" in lines[name] and row["weights"] in lines[name]
        assert "x".join(map(str, row["input_shape"])) in lines[name] and ", ".join(row["datasets"]) in lines[name]


@pytest.mark.slow
def test_export_compile_run(cli, tmp_path):
    model, bundle = tmp_path / "m.onnx", tmp_path / "b"
    done = cli("export", "lenet5", "-o", model, "--batch", "2", "--opset", "13")
    assert done.code == 0 and done.stdout.startswith(f"{model}: lenet5, opset 13, batch 2, weights ")
    done = cli("compile", model, "-o", bundle, "--target", "x86-avx2")
    assert done.code == 0, done.stderr
    assert "m for x86-avx2, built in" in done.stdout and "it agrees with ONNX Runtime to" in done.stdout
    assert done.stderr.splitlines() == ["importing", "building for x86-avx2", "checking against ONNX Runtime"]
    manifest = read_manifest(bundle)
    assert (manifest.name, manifest.batch, manifest.source.opset) == ("m", 2, 13)
    inputs = random_inputs(manifest.inputs)
    np.savez(tmp_path / "x.npz", **inputs)
    done = cli("run", bundle, "-i", tmp_path / "x.npz", "-o", tmp_path / "y.npz")
    assert done.code == 0 and done.stdout.startswith("output: float32[2, 10]: min ")
    with np.load(tmp_path / "y.npz") as file:
        expected = OnnxReference(model.read_bytes()).run(inputs)["output"]
        assert compare("output", "random", file["output"], expected).snr_db >= 60
    Image.new("L", (28, 28)).save(tmp_path / "x.png")
    done = cli("run", bundle, "-i", tmp_path / "x.png")  # the file says which zoo model it is
    assert done.code == 0 and re.fullmatch(rf"{tmp_path / 'x.png'}: \d\n", done.stdout)


def test_a_file_from_elsewhere_says_nothing_of_images(cli, bundle_copy, tmp_path):
    write_manifest(replace(read_manifest(bundle_copy), preprocess=None), bundle_copy)
    Image.new("L", (28, 28)).save(tmp_path / "x.png")
    done = cli("run", bundle_copy, "-i", tmp_path / "x.png")
    assert done.code == 2 and "does not say how an image becomes its input: give an .npy" in done.error


def test_run_on_images(cli, lenet5, digits, tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    for index, image in enumerate(digits[0][:5]):
        Image.fromarray(image[..., 0]).save(folder / f"{index}.png")
    done = cli("run", lenet5.path, "-i", folder, "--threads", "1")
    assert done.code == 0 and not done.stderr
    expected = [f"{folder / f'{index}.png'}: {label}" for index, label in enumerate(digits[1][:5])]
    assert done.stdout.splitlines() == expected
    assert cli("run", lenet5.path, "-i", folder / "2.png").stdout.splitlines() == [expected[2]]


def test_doctor(cli, tmp_path):
    done = cli("doctor", "--quick", "--json", tmp_path / "doctor.json")
    findings = json.loads((tmp_path / "doctor.json").read_text())
    assert done.code == (1 if any(one["status"] == "missing" for one in findings) else 0)
    assert {"Python", "TVM", "CPU", "memory", "onnxruntime"} <= {one["topic"] for one in findings}
    for finding in findings:
        assert finding["topic"] in done.stdout and finding.keys() == {"topic", "status", "text", "cure"}
    texts = {one["topic"]: one["text"] for one in findings}
    # Not this process's own count: TVM binds a thread that has run a pool of one to a core.
    assert host_cpu().model in texts["CPU"] and re.match(r"\d+ cores", texts["threads"])


def test_output_that_nobody_reads_to_its_end(lenet5, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 28, 28), np.float32))
    main = "from tilewright.compile.cli import main; main()"
    command = [sys.executable, "-c", main, "run", str(lenet5.path), "-i", str(tmp_path / "x.npy")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.close()
        assert "Traceback" not in child.stderr.read()
