"""What compression is to reach, on the parts that nothing was chosen by: docs/STUDIES.md has the tables."""

from pathlib import Path

import pytest
import torch
from tilewright.compile.evaluating.choose import DataChoice
from tilewright.compile.evaluating.evaluate import EvalOptions, evaluate_model
from tilewright.compile.quantizing.import_as import weight_bits_for
from tilewright.compile.quantizing.quantize import quantize_model
from tilewright.compile.quantizing.recipe import Recipe
from tilewright.compile.targets import resolve
from tilewright.models import data, weights
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model
from tilewright.models.compress.prune.size import size_of
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model

WEIGHTS = Path(weights.__file__).parent
pytestmark = pytest.mark.slow


def right(model, part_of, weights=None, alike=True):
    """Right answers of the compiled Bundle; where the engines are `alike`, ONNX Runtime has about as many."""
    if not data.available(part_of):
        pytest.skip(f"data set {part_of} is not on this machine (TILEWRIGHT_DATA)")
    choice = DataChoice(part_of, part="test")
    engines = ("tvm", "onnxruntime") if alike else ("tvm",)
    options = EvalOptions(choice=choice, engines=engines, threads=1, weights=weights)
    ours, *theirs = (row.accuracy for row in evaluate_model(str(model), options))
    assert all(ours.n == one.n and abs(ours.value - one.value) < 0.002 for one in theirs)
    return round(ours.value * ours.n)


def quantize_for_here(model, path, weights):
    """With 7 bits where the CPU lacks an int8 dot product: with 8 ONNX Runtime's sums saturate there."""
    quantize_model(model, path, Recipe(weight_bits=weight_bits_for(resolve("native"))), weights=weights)


@pytest.mark.all
def test_lprnet_is_a_tenth_of_its_size_and_loses_at_most_two_plates(tmp_path):
    whole, pruned, small = (tmp_path / name for name in ("whole.onnx", "pruned.safetensors", "small.onnx"))
    export_onnx("lprnet", whole)
    prune_model("lprnet", pruned, PruneRecipe(ratio=0.7, scope="global"))
    quantize_model("lprnet", small, Recipe(), weights=pruned)  # 7 bits cost nine plates
    assert small.stat().st_size < 0.27 * whole.stat().st_size
    saturates = weight_bits_for(resolve("native")) < 8  # ONNX Runtime's sums, not ours
    assert right(small, "lprnet-plates", alike=not saturates) >= right("lprnet", "lprnet-plates") - 2


def test_mobilenetv2_on_mnist_is_under_a_megabyte(tmp_path):
    quantize_for_here("mobilenetv2-mnist", tmp_path / "x.onnx", WEIGHTS / "mobilenetv2-mnist-pruned.safetensors")
    assert (tmp_path / "x.onnx").stat().st_size < 1_000_000
    assert right(tmp_path / "x.onnx", "mnist") >= 9895


@pytest.mark.all
def test_resnet18_at_half_its_macs_loses_at_most_a_point():
    """Its latency beside the dense one's is measured: see docs/STUDIES.md."""
    pruned = WEIGHTS / "resnet18-cifar-half-pruned.safetensors"
    sizes = [load_model("resnet18-cifar-half", path) for path in (None, pruned)]
    whole, half = (size_of(one.module, torch.zeros(one.zoo.input_shape)).macs for one in sizes)
    assert half <= 0.5 * whole
    known = [right("resnet18-cifar-half", "cifar10-jpeg", path) for path in (None, pruned)]
    assert known[1] >= known[0] - 100
