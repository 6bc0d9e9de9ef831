"""ONNX files from the zoo: they say where they come from and answer as torch does."""

import itertools

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from tilewright.compile.errors import TilewrightError
from tilewright.models import zoo
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model


def _session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options)


def _snr_db(expected, actual):
    return 10 * np.log10(np.square(expected).mean() / np.square(expected - actual).mean())


SMALL = {"lenet5", "lprnet", "mobilenetv2", "resnet20", "squeezenet1.1"}
# VGG-16 is half a gigabyte of one layer after the other, all of them in its CIFAR form too.
LARGE = {"retina-unet", "swiftnet", "swiftnet-pyramid2", "swiftnet-pyramid3"}


def _every():
    for name, batch in itertools.product(zoo.names(), (1, "dynamic")):
        late = pytest.mark.all if name in LARGE and batch == "dynamic" else ()
        if name != "vgg16":
            yield pytest.param(name, batch, marks=late or (() if name in SMALL else pytest.mark.slow))


@pytest.mark.parametrize(("name", "batch"), list(_every()))
def test_onnx_runtime_agrees_with_torch(tmp_path, name, batch):
    if name == "lprnet" and batch == "dynamic":
        pytest.skip("refused, see below")
    exported = export_onnx(name, tmp_path / "m.onnx", batch=batch, weights="random")
    x = np.random.default_rng(1).standard_normal((1 if batch == 1 else 3, *exported.zoo.input_shape[1:]), np.float32)
    session = _session(exported.path)
    assert [session.get_inputs()[0].name, session.get_outputs()[0].name] == ["input", "output"]
    assert session.get_inputs()[0].shape[0] == (1 if batch == 1 else "batch")
    module = load_model(name, "random").module
    with torch.inference_mode():
        single = module(torch.from_numpy(x)).numpy()
        exact = module.double()(torch.from_numpy(x).double()).numpy()
    (actual,) = session.run(None, {"input": x})
    assert actual.shape == exact.shape
    # Random weights of 50 layers round to 80 dB in torch itself: nobody can be asked for more than it has.
    assert _snr_db(exact, actual) > min(90, _snr_db(exact, single) - 6)


def test_metadata_says_where_it_comes_from(tmp_path):
    exported = export_onnx("lenet5", tmp_path / "deep" / "m.onnx", batch=4, weights="random")
    graph = onnx.load(exported.path)
    assert {prop.key: prop.value for prop in graph.metadata_props} == {
        "tilewright.model": "lenet5",
        "tilewright.weights": "random (seed 0)",
        "tilewright.weights_sha256": exported.weights_sha256,
        "tilewright.trained": "false",
    }
    assert exported.weights_sha256 == load_model("lenet5", "random").sha256
    assert graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 4
    assert graph.opset_import[0].version == exported.opset == 17
    assert [file.name for file in exported.path.parent.iterdir()] == ["m.onnx"]


@pytest.mark.parametrize("opset", [10, 13, 20])
def test_other_opsets(tmp_path, opset):
    exported = export_onnx("lprnet", tmp_path / "m.onnx", weights="random", opset=opset)
    assert onnx.load(exported.path).opset_import[0].version == opset
    assert _session(exported.path).get_outputs()[0].shape == [1, 68, 18]


@pytest.mark.filterwarnings("error")
def test_export_warns_of_nothing(tmp_path):
    export_onnx("lenet5", tmp_path / "m.onnx", weights="random")


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ({"name": "lprnet", "batch": "dynamic"}, "lprnet cannot have a dynamic batch.*name one"),
        ({"name": "lenet5", "batch": 0}, "batch 0 cannot be exported: give 1 or more"),
        ({"name": "lenet5", "opset": 9}, "opset 9 cannot be exported: give 10 to 20"),
        ({"name": "lenet"}, r"unknown model 'lenet': did you mean lenet5"),
    ],
)
def test_wrong_use_leaves_no_file(tmp_path, options, pattern):
    with pytest.raises(TilewrightError, match=pattern) as caught:
        export_onnx(path=tmp_path / "m.onnx", weights="random", **options)
    assert caught.value.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_unwritable_place_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TilewrightError, match=r"cannot write .*file/m\.onnx: .*choose another place"):
        export_onnx("lenet5", tmp_path / "file" / "m.onnx", weights="random")


def test_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    from pathlib import Path

    def fill_up(self, content):
        with self.open("wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    (tmp_path / "m.onnx").write_text("the file of before")
    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(TilewrightError, match="No space left on device; free some space"):
        export_onnx("lenet5", tmp_path / "m.onnx", weights="random")
    assert (tmp_path / "m.onnx").read_text() == "the file of before"
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
