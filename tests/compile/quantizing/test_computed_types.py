"""What stays fp32, what is widened, and that it is said: read off the lowered network, for every kind of target."""

import pytest
from tilewright.compile.explaining.explain import Subject, types_of
from tilewright.compile.importing import import_model
from tilewright.compile.quantizing import Recipe, quantize_model
from tilewright.compile.targets import resolve

_ARM = "llvm -mtriple=aarch64-linux-gnu -mcpu=cortex-a72"


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory):
    path = tmp_path_factory.mktemp("resnet18") / "resnet18.onnx"
    quantize_model("resnet18", path, weights="random", limit=1)
    return import_model(path, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "types"),
    [
        ("x86-vnni", {"uint8"}),
        ("llvm -mcpu=haswell", {"uint8", "int16"}),
        (_ARM, {"uint8", "int8", "int16"}),
    ],
)
def test_no_fp32_convolution_is_left_in_resnet18(resnet18, target, types):
    found = types_of(Subject(resnet18, resolve(target)))
    assert len(found) == 21 and all(one.sums == "int32" for one in found)
    assert {one.data for one in found} <= types
    assert all(("widened" in one.why) == (one.data == "int16") for one in found)


@pytest.mark.slow
def test_depthwise_layers_are_on_integers_too(tmp_path):
    quantize_model("mobilenetv2-cifar", tmp_path / "a.onnx", weights="random", limit=1)
    found = types_of(Subject(import_model(tmp_path / "a.onnx", check=False), resolve("x86-vnni")))
    assert len(found) == 53 and {(one.data, one.sums) for one in found} == {("uint8", "int32")}


def test_what_a_recipe_keeps_is_said(tmp_path):
    quantize_model("lenet5", tmp_path / "a.onnx", Recipe(keep=("Gemm",)), weights="random", limit=1)
    found = types_of(Subject(import_model(tmp_path / "a.onnx", check=False), resolve("x86-vnni")))
    assert [one.data for one in found] == ["uint8"] * 2 + ["float32"] * 3
    assert [one.why for one in found] == ["as quantized"] * 2 + ["kept by the recipe"] * 3


@pytest.mark.slow
def test_the_command_says_it_for_a_target_without_description(cli):
    done = cli("explain", "lenet5", "--precision", "int8-dynamic", "--target", _ARM)
    assert done.code == 0 and "int16" in done.stdout and "widened by TVM" in done.stdout, done.stderr
