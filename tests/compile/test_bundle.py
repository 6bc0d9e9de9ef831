"""A Bundle runs as the model does, and is written whole or not at all."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tilewright import models
from tilewright.compile.accuracy import compare
from tilewright.compile.bundle import load_bundle
from tilewright.compile.bundle.manifest import read_manifest, write_manifest
from tilewright.compile.bundle.memory import HugePages
from tilewright.compile.bundle.weights import numpy_view
from tilewright.compile.bundle.write import new_bundle
from tilewright.compile.errors import TilewrightError
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tensor_spec import random_inputs

WEIGHTS = Path(models.__file__).parent / "weights" / "lenet5.safetensors"


def test_it_answers_as_onnx_runtime_does(lenet5):
    bundle, reference = load_bundle(lenet5.path), OnnxReference(lenet5.imported.onnx)
    for seed in range(5):
        inputs = random_inputs(lenet5.manifest.inputs, seed)
        agreement = compare("output", "random", bundle.run(inputs)["output"], reference.run(inputs)["output"])
        assert agreement.snr_db >= 60


def test_it_reads_digits(lenet5, digits):
    bundle, (images, labels) = load_bundle(lenet5.path), digits
    tensors = bundle.manifest.preprocess(images)
    answers = [answer for tensor in tensors for answer in bundle.answer({"input": tensor[np.newaxis]})]
    assert sum(answer == label for answer, label in zip(answers, labels, strict=True)) >= 98


def test_the_manifest_reads_back_as_it_was_written(lenet5, tmp_path):
    manifest = read_manifest(lenet5.path)
    assert manifest == lenet5.manifest
    write_manifest(manifest, tmp_path)
    assert (tmp_path / "manifest.json").read_bytes() == (lenet5.path / "manifest.json").read_bytes()


def test_the_manifest_says_what_it_is(lenet5):
    manifest = lenet5.manifest
    assert [str(spec) for spec in (*manifest.inputs, *manifest.outputs)] == [
        "input: float32[1, 1, 28, 28]",
        "output: float32[1, 10]",
    ]
    assert manifest.checked == "bundle" and all(one["snr_db"] >= 60 for one in manifest.agreement)
    assert manifest.recipe["model"] == "lenet5" and manifest.recipe["target"] == "native"
    assert manifest.source.trained and manifest.tvm_version == "0.19.0"
    assert sorted(path.name for path in lenet5.path.iterdir()) == sorted(["manifest.json", *manifest.files])
    assert manifest.parameter_bytes == (lenet5.path / "params.npz").stat().st_size
    assert manifest.code_bytes == sum(path.stat().st_size for path in lenet5.path.glob("*.so"))


def test_the_weights_are_those_of_the_model_and_are_stored_once(lenet5):
    trained = load_file(WEIGHTS)
    with np.load(lenet5.path / "params.npz", allow_pickle=False) as file:
        stored = {str(name): file[f"p{index}"] for index, name in enumerate(file["names"])}
    assert stored.keys() == trained.keys()
    for name, array in trained.items():
        assert stored[name].shape == array.shape and np.array_equal(stored[name], array), name
    plain = sum(array.nbytes for array in stored.values())
    assert plain == 4 * lenet5.manifest.parameter_count
    assert plain < lenet5.manifest.parameter_bytes < plain + 5000


def test_weights_are_packed_when_it_is_loaded(lenet5):
    manifest = lenet5.manifest
    assert manifest.prepared and (lenet5.path / "prepare.so").is_file()
    with np.load(lenet5.path / "params.npz", allow_pickle=False) as file:
        assert not set(manifest.prepared) & set(file["names"].tolist())
    packed = load_bundle(lenet5.path)._params
    assert packed.keys() >= set(manifest.prepared)
    assert any(len(tensor.shape) == 6 for tensor in packed.values()), "a convolution's weight is packed to OIHWio"


def test_loaded_again_it_gives_the_same_bits(lenet5, tmp_path):
    inputs = random_inputs(lenet5.manifest.inputs)
    first, moved = load_bundle(lenet5.path), shutil.copytree(lenet5.path, tmp_path / "moved")
    second, single = load_bundle(moved), load_bundle(moved, threads=1)
    expected = first.run(inputs)["output"]
    for bundle in (first, second, single):
        assert np.array_equal(bundle.run(inputs)["output"], expected)


def test_an_output_is_a_copy(lenet5):
    bundle = load_bundle(lenet5.path)
    first = bundle.run(random_inputs(lenet5.manifest.inputs, seed=1))["output"]
    kept = first.copy()
    bundle.run(random_inputs(lenet5.manifest.inputs, seed=2))
    assert np.array_equal(first, kept)


def test_an_array_that_is_not_contiguous(lenet5):
    image = random_inputs(lenet5.manifest.inputs)["input"]
    flipped = image[..., ::-1]
    bundle = load_bundle(lenet5.path)
    expected = bundle.run({"input": np.ascontiguousarray(flipped)})["output"]
    assert np.array_equal(bundle.run({"input": flipped})["output"], expected)
    assert not np.array_equal(bundle.run({"input": image})["output"], expected)


IMAGE = np.zeros((1, 1, 28, 28), np.float32)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"input": IMAGE[0]}, r"input 'input' has shape \(1, 28, 28\), the model takes \(1, 1, 28, 28\)"),
        ({"input": np.repeat(IMAGE, 2, 0)}, r"has shape \(2, 1, 28, 28\), the model takes \(1, 1, 28, 28\)"),
        ({"input": IMAGE.astype(np.float64)}, "input 'input' is float64, the model takes float32: .*astype"),
        ({"input": IMAGE.astype(np.uint8)}, "input 'input' is uint8, the model takes float32: .*astype"),
        ({}, r"input 'input' is missing; the model takes input: float32\[1, 1, 28, 28\]"),
        ({"image": IMAGE}, "input 'input' is missing"),
        ({"input": IMAGE, "mask": IMAGE}, "there is no input 'mask'; the model takes input: float32"),
    ],
)
def test_wrong_inputs(lenet5, inputs, message):
    bundle = load_bundle(lenet5.path)
    with pytest.raises(TilewrightError, match=message) as caught:
        bundle.run(inputs)
    assert caught.value.exit_code == 2


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"precious")
    with pytest.raises(TilewrightError, match="photos: exists and is no Bundle: choose another place with -o"):
        compile_model("lenet5", folder)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"precious"]
    assert list(tmp_path.iterdir()) == [folder]
    with pytest.raises(TilewrightError, match="exists and is no Bundle"):
        compile_model("lenet5", folder / "holiday.jpg")
    assert (folder / "holiday.jpg").read_bytes() == b"precious"


def test_an_older_bundle_is_replaced(bundle_copy):
    (bundle_copy / "left over").write_text("old")
    with new_bundle(bundle_copy) as folder:
        shutil.copytree(bundle_copy, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("left over"))
        write_manifest(replace(read_manifest(folder), name="newer"), folder)
    assert load_bundle(bundle_copy).manifest.name == "newer"
    assert not (bundle_copy / "left over").exists()
    assert [path.name for path in bundle_copy.parent.iterdir()] == [bundle_copy.name]


def test_a_failed_compilation_leaves_the_older_bundle(bundle_copy):
    with pytest.raises(TilewrightError, match="unknown model 'lenet6'"):
        compile_model("lenet6", bundle_copy)
    load_bundle(bundle_copy)
    assert [path.name for path in bundle_copy.parent.iterdir()] == [bundle_copy.name]


def test_weights_lie_in_memory_of_their_own(lenet5):
    bundle = load_bundle(lenet5.path)
    pages = HugePages()
    first, second = pages.empty((3, 5), "float32"), pages.empty((7,), "int64")
    numpy_view(first)[:] = 1
    numpy_view(second)[:] = 2
    assert (first.numpy() == 1).all() and (second.numpy() == 2).all(), "side by side, not one over the other"
    assert pages.empty((100 << 20,), "int8").shape == (100 << 20,), "more than a chunk"
    addresses = [numpy_view(tensor).ctypes.data for tensor in (first, second, *bundle._params.values())]
    assert not any(address % 64 for address in addresses), "TVM's alignment"
