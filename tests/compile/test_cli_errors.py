"""Bad input ends in one line that says what to do, with exit code 2 (wrong use) or 1 (a check failed)."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import load_file, save_file
from tilewright.models import weights as weights_package


def one_node_model(path, operator, domain="", opset=17):
    node = helper.make_node(operator, ["x"], ["y"], name="the_node", domain=domain)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    opsets = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    graph = helper.make_graph([node], "one node", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def test_a_missing_model(fails, tmp_path):
    fails("compile", "absent.onnx", "-o", tmp_path / "b", says="absent.onnx: no such file")
    assert not (tmp_path / "b").exists()


def test_a_value_that_is_none_of_an_options(fails, tmp_path):
    says = "Invalid value for 'form': 'csv' is not one of 'autotvm', 'metaschedule'."
    fails("records", "import", "csv", tmp_path / "log.csv", says=says)


@pytest.mark.slow
def test_a_truncated_or_foreign_onnx(fails, lenet5, tmp_path):
    contents = {"cut.onnx": lenet5.imported.onnx[:-1000], "text.onnx": b"no model at all\n", "empty.onnx": b""}
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        fails("compile", path, "-o", tmp_path / "b", says=f"{path}: not an ONNX file")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(contents)


def test_an_unknown_operator(fails, tmp_path):
    path = one_node_model(tmp_path / "m.onnx", "Frobnicate", domain="my.own")
    says = ["operator my.own.Frobnicate", "'the_node'", "opset 17"]
    fails("compile", path, "-o", tmp_path / "b", says=says)


@pytest.mark.slow
def test_unknown_names(fails, tmp_path):
    output = tmp_path / "b"
    fails("compile", "lenet", "-o", output, says=["unknown model 'lenet'", "did you mean lenet5"])
    fails("compile", "lenet5", "-o", output, "-t", "x86-avx3", says=["unknown target 'x86-avx3'", "x86-avx2"])
    fails("compile", "lenet5", "-o", output, "-t", "cuda", says=["unknown target 'cuda'", "known: native, rpi3"])
    fails(
        "compile", "lenet5", "-o", output, "-t", "llvm -mcpu=haswel", says="unknown CPU 'haswel': did you mean haswell"
    )
    fails("compile", "lenet5", "-o", output, "--precision", "fp8", says=["unknown precision 'fp8'", "fp32"])
    fails("bench", "lenet5", "--against", "onnxruntme", says=["unknown engine 'onnxruntme'", "onnxruntime"])
    fails("bench", "lenet5", "--data", "minst", says=["'minst'", "see `tilewright models`"])
    fails("eval", "lenet", says=["unknown model 'lenet'", "did you mean lenet5"])
    fails("data", "get", "minst", says=["unknown", "'minst'", "mnist"])
    fails("export", "mobilnet", "-o", tmp_path / "m.onnx", says=["unknown model 'mobilnet'", "mobilenetv2"])
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("compile", "lenet5"), "Missing option '--output'"),
        (("compile", "lenet5", "-o", "b", "--colour"), "No such option: --colour"),
        (("compile", "lenet5", "-o", "b", "--batch", "0"), "--batch"),
        (("compile", "lenet5", "-o", "b", "--batch", "two"), "--batch"),
        (("compile", "lenet5", "-o", "b", "--shape", "1,3"), "--shape '1,3': write NAME:1,3,224,224"),
        (("compile", "lenet5", "-o", "b", "--shape", "x:1,three"), "--shape 'x:1,three': write NAME:1,3,224,224"),
        (("compile", "lenet5", "-o", "b", "--shape", "x:1,0"), "each number 1 or more"),
        (("compile", "lenet5", "-o", "b", "--shape", ":1"), "write NAME:1,3,224,224"),
        (("bench", "lenet5", "--threads", "two"), "--threads 'two': write numbers such as 1,2"),
        (("bench", "lenet5", "--threads", "0"), "--threads '0': the numbers must be 1 or more"),
        (("bench", "lenet5", "--threads", "1,,2"), "--threads '1,,2': write numbers such as 1,2"),
        (("bench", "lenet5", "--batch", "-1"), "--batch '-1': the numbers must be 1 or more"),
        (("bench", "lenet5", "--seconds", "1"), "--seconds"),
        (("run", "b", "-i", "x", "--threads", "0"), "--threads"),
        (("run", "b"), "Missing option '--input'"),
        (("compil", "lenet5"), "compil"),
        (("bench",), "Missing argument 'MODEL...'"),
        (("eval",), "Missing argument 'MODEL|BUNDLE'"),
        (("eval", "lenet5", "--limit", "0"), "--limit"),
        (("data", "get"), "Missing argument 'NAME...'"),
        (("data", "got"), "No such command 'got'"),
    ],
)
def test_wrong_options(fails, arguments, says):
    fails(*arguments, says=says)


def test_more_threads_than_cores(fails):
    fails("bench", "lenet5", "--threads", "4096", says=["--threads", "4096"])


def test_wrong_input_at_run(fails, lenet5, tmp_path):
    arrays = {
        "shape.npy": (np.zeros((1, 3, 28, 28), np.float32), ["has shape (1, 3, 28, 28)", "takes (1, 1, 28, 28)"]),
        "dtype.npy": (np.zeros((1, 1, 28, 28), np.float64), ["float64, the model takes float32", ".astype"]),
    }
    for name, (array, says) in arrays.items():
        np.save(tmp_path / name, array)
        fails("run", lenet5.path, "-i", tmp_path / name, "-o", tmp_path / "y.npz", says=["'input'", *says])
    np.savez(tmp_path / "name.npz", picture=np.zeros((1, 1, 28, 28), np.float32))
    fails("run", lenet5.path, "-i", tmp_path / "name.npz", says=["'input' is missing", "input: float32[1, 1, 28, 28]"])
    fails("run", lenet5.path, "-i", tmp_path / "absent.png", says="absent.png: no such file")
    assert not (tmp_path / "y.npz").exists()


@pytest.mark.parametrize("name", ["model.so", "prepare.so", "params.npz"])
def test_a_bundle_with_a_changed_byte(fails, bundle_copy, name):
    path = bundle_copy / name
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x40
    path.write_bytes(content)
    fails("run", bundle_copy, "-i", "x.npy", says=[name, "differs from what was built", "compile it again"])


def test_a_damaged_manifest_and_no_bundle(fails, bundle_copy, tmp_path):
    (bundle_copy / "manifest.json").write_text("{")
    fails("run", bundle_copy, "-i", "x.npy", says="manifest.json: damaged")
    fails("run", tmp_path, "-i", "x.npy", says="not a Bundle (no manifest.json in it)")


def test_weights_that_do_not_fit(fails, tmp_path):
    state = load_file(next(iter(weights_package.__path__)) + "/lenet5.safetensors")
    del state["fc3.bias"]
    state["fc4.weight"] = np.zeros(3, np.float32)
    path = tmp_path / "w.safetensors"
    save_file(state, path)
    says = ["do not fit", "1 missing (fc3.bias)", "1 too many (fc4.weight)"]
    fails("compile", "lenet5", "--weights", path, "-o", tmp_path / "b", says=says)
    path.write_bytes(b"nonsense")
    fails("export", "lenet5", "--weights", path, "-o", tmp_path / "m.onnx", says="w.safetensors")
    assert list(tmp_path.iterdir()) == [path]


def test_debug_shows_where(cli, tmp_path):
    done = cli("compile", "absent.onnx", "-o", tmp_path / "b", "--debug")
    assert done.code != 0 and "Traceback" in done.stderr and "absent.onnx: no such file" in done.stderr
