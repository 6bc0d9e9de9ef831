"""`tilewright factorize`, and that what it writes loads, is trained on and compiles."""

import pytest
import torch
from tilewright.compile.pipeline import compile_model
from tilewright.models import data
from tilewright.models.compress.factorize.run import FactorizeRecipe, factorize_model
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model
from tilewright.models.compress.prune.size import size_of
from tilewright.models.loading import load_model


@pytest.mark.slow
@pytest.mark.parametrize("form", ["low-rank", "spatial", "depthwise"])
def test_so_many_macs_are_left_and_it_loads(tmp_path, form):
    path = tmp_path / "resnet20.safetensors"
    done = factorize_model("resnet20", path, FactorizeRecipe(form, macs=0.6, round_to=1), weights="random")
    assert 0.5 * done.before.macs < done.after.macs <= 0.6 * done.before.macs and done.ranks
    again = load_model("resnet20", path)
    assert size_of(again.module, torch.zeros(again.zoo.input_shape)) == done.after


@pytest.mark.slow
def test_the_more_energy_the_nearer(tmp_path):
    zoo = load_model("resnet20", "random")
    inputs = torch.randn(2, *zoo.zoo.input_shape[1:], generator=torch.Generator().manual_seed(0))
    path, moved = tmp_path / "resnet20.safetensors", []
    for energy in (0.5, 0.9, 0.99):
        factorize_model("resnet20", path, FactorizeRecipe(energy=energy, round_to=1), weights="random")
        with torch.no_grad():
            moved.append(float((load_model("resnet20", path).module(inputs) - zoo.module(inputs)).square().sum()))
    assert moved == sorted(moved, reverse=True) and moved[-1] < 0.1 * moved[0]


@pytest.mark.slow
def test_a_pruned_network_is_taken_apart_by_depth(tmp_path):
    pruned, apart = tmp_path / "pruned.safetensors", tmp_path / "apart.safetensors"
    prune_model("resnet20", pruned, PruneRecipe(ratio=0.5), weights="random")
    done = factorize_model("resnet20", apart, FactorizeRecipe("depthwise", energy=0.9), weights=pruned)
    again = load_model("resnet20", apart)
    assert any(rank > 1 for rank in done.ranks.values())
    assert size_of(again.module, torch.zeros(again.zoo.input_shape)) == done.after


@pytest.mark.all
def test_pruned_and_taken_apart_in_either_order(tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    factorize_model("resnet20", first, FactorizeRecipe("low-rank", energy=0.8, round_to=1), weights="random")
    done = prune_model("resnet20", second, PruneRecipe(ratio=0.25, round_to=1), weights=first)
    example = torch.zeros(load_model("resnet20", "random").zoo.input_shape)
    assert size_of(load_model("resnet20", second).module, example) == done.after
    prune_model("resnet20", first, PruneRecipe(ratio=0.25, round_to=1), weights="random")
    apart = factorize_model("resnet20", second, FactorizeRecipe("low-rank", energy=0.8, round_to=1), weights=first)
    assert size_of(load_model("resnet20", second).module, example) == apart.after


@pytest.mark.all
def test_it_is_distilled_and_compiled(tmp_path, cli):
    """The form of the network goes along with its weights."""
    if not data.available("mnist"):
        pytest.skip("needs MNIST")
    path, taught = tmp_path / "lenet5.safetensors", tmp_path / "taught.safetensors"
    done = factorize_model("lenet5", path, FactorizeRecipe("spatial", macs=0.7, round_to=1))
    assert done.accuracy_before > done.accuracy_after
    told = cli("distill", "lenet5", "lenet5", "--weights", path, "-o", taught, "--epochs", 1)
    assert told.code == 0, told.stderr
    again = load_model("lenet5", taught)
    assert size_of(again.module, torch.zeros(again.zoo.input_shape)).macs == done.after.macs
    manifest = compile_model("lenet5", tmp_path / "bundle", weights=taught).manifest
    assert manifest.macs == done.after.macs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "name", "recipe"),
    [
        *((form, "lenet5", {"round_to": 1}) for form in ("low-rank", "spatial")),
        *(pytest.param(form, "resnet20", {}, marks=pytest.mark.all) for form in ("low-rank", "spatial")),
        ("depthwise", "resnet20", {}),
    ],
)
def test_each_form_is_compiled(tmp_path, form, name, recipe):
    """compile_model compares with ONNX Runtime."""
    path = tmp_path / "apart.safetensors"
    done = factorize_model(name, path, FactorizeRecipe(form, macs=0.6, **recipe), weights="random")
    assert compile_model(name, tmp_path / "bundle", weights=path).manifest.macs == done.after.macs


@pytest.mark.slow
def test_mistakes(fails, tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    out = tmp_path / "lenet5.safetensors"
    both = ("--energy", 0.8, "--macs", 0.5)
    fails("factorize", "lenet5", "-o", out, *both, says="--energy and --macs each say how much is kept: give one")
    fails("factorize", "lenet5", "-o", out, "--macs", 2, says="--macs 2.0: give a share")
    fails("factorize", "lenet5", "-o", out, "--macs", 0.01, says="is the least that --form spatial leaves")
    fails("factorize", "lenet5", "-o", out, "--macs", 0.5, "--form", "spatal", says="did you mean spatial")
    fails("factorize", "lenet5", "-o", out, "--macs", 0.5, "--layer", "fc1", says="convolution that can be taken apart")
    factorize_model("lenet5", out, FactorizeRecipe(energy=0.8, round_to=1))
    fails("factorize", "lenet5", "-o", out, "--macs", 0.5, "--weights", out, says="has been factorized already")
