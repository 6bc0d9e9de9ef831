"""`tilewright prune`, and that what it writes is smaller in every way that counts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tilewright.compile.benchmarking.engines import Job
from tilewright.compile.boards.box.box import Box
from tilewright.compile.boards.connection import Connection
from tilewright.compile.boards.cost.clock import modelled_cycles
from tilewright.compile.boards.cost.cores import core
from tilewright.compile.boards.cost.counts import from_json
from tilewright.compile.boards.remote_child import RemoteChild
from tilewright.compile.pipeline import compile_model
from tilewright.compile.tensor_spec import random_inputs
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model
from tilewright.models.compress.prune.size import size_of
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model
from tilewright.models.training.results import write_weights


def pruned_to(path, name="resnet20", **recipe):
    return prune_model(name, path, PruneRecipe(**recipe))


@pytest.mark.slow
def test_it_is_smaller_when_exported(tmp_path):
    path = tmp_path / "half.safetensors"
    done = pruned_to(path, "vgg16-cifar", ratio=0.5)
    assert done.after.macs < 0.3 * done.before.macs and done.after.parameters < 0.3 * done.before.parameters
    files = {}
    for name, weights in (("whole", "random"), ("half", path)):
        onnx = export_onnx("vgg16-cifar", tmp_path / f"{name}.onnx", weights=weights).path
        bundle = compile_model("vgg16-cifar", tmp_path / name, weights=weights).path
        files[name] = onnx.stat().st_size, sum(one.stat().st_size for one in bundle.iterdir())
        manifest = json.loads((bundle / "manifest.json").read_text())
        assert manifest["macs"] == (done.after if name == "half" else done.before).macs
    assert all(half < 0.35 * whole for half, whole in zip(files["half"], files["whole"], strict=True))


@pytest.mark.slow
def test_it_takes_less_time_when_compiled(tmp_path):
    """By the modelled clock of a Pi 4, which is always the same: half of the MACs take two thirds at most."""
    path = tmp_path / "half.safetensors"
    done = prune_model("resnet20", path, PruneRecipe(ratio=0.5), weights="random")
    assert done.after.macs < 0.52 * done.before.macs
    cycles = []
    with Box("cortex-a72", counting="engines") as box, Connection(box.address) as board:
        for name, weights in (("whole", "random"), ("half", path)):
            compiled = compile_model("resnet20", tmp_path / name, target="rpi4", weights=weights)
            np.savez(tmp_path / "inputs.npz", **random_inputs(compiled.manifest.inputs))
            with RemoteChild(board, Job("tvm", str(compiled.path), 1), tmp_path / "inputs.npz") as child:
                cycles.append(modelled_cycles(from_json(child.ask("count", kind="bound")), core("cortex-a72")))
    assert cycles[1] < 0.67 * cycles[0]


@pytest.mark.parametrize("scope", ["local", "global", "sensitivity"])
def test_so_many_macs_are_left(tmp_path, scope):
    done = pruned_to(tmp_path / "lenet5.safetensors", "lenet5", macs=0.5, scope=scope, round_to=1)
    assert 0.44 * done.before.macs < done.after.macs <= 0.5 * done.before.macs


@pytest.mark.slow
def test_macs_that_cannot_be_left(fails, tmp_path):
    out = tmp_path / "lenet5.safetensors"
    fails("prune", "lenet5", "-o", out, "--macs", 0.01, says="is the least that can be left")
    fails("prune", "lenet5", "-o", out, "--macs", 0, says="--macs 0.0: give the share that is left")
    fails("prune", "lenet5", "-o", out, "--macs", 0.5, "--ratio", 0.5, says="--ratio and --macs")
    fails("prune", "lenet5", "-o", out, "--macs", 0.5, "--structure", "weights", says="are for --structure channels")
    assert not list(tmp_path.glob("lenet5*"))


@pytest.mark.all
def test_dead_channels_of_lprnet_cost_nothing(tmp_path):
    """Published with most filters of its widest layers at zero: a third of all channels goes without a plate lost."""
    done = pruned_to(tmp_path / "lprnet.safetensors", "lprnet", ratio=0.3, scope="global", round_to=1)
    if done.accuracy_before is None:
        pytest.skip("needs the weights and plates of LPRNet")
    assert done.accuracy_after == done.accuracy_before and done.after.parameters < 0.6 * done.before.parameters


def test_the_file_loads_as_it_was_written(tmp_path):
    path = tmp_path / "lenet5.safetensors"
    done = pruned_to(path, "lenet5", ratio=0.5, round_to=2)
    again = load_model("lenet5", path)
    assert size_of(again.module, torch.zeros(again.zoo.input_shape)) == done.after
    assert again.trained and done.accuracy_after is not None and done.accuracy_before > done.accuracy_after > 0.1


def test_a_file_of_another_shape_is_refused_unless_it_says_why(tmp_path):
    from tilewright.compile.errors import TilewrightError

    path = tmp_path / "lenet5.safetensors"
    pruned_to(path, "lenet5", ratio=0.5)
    network = load_model("lenet5", path).module
    write_weights(network, tmp_path / "bare.safetensors")
    with pytest.raises(TilewrightError, match="of another shape"):
        load_model("lenet5", tmp_path / "bare.safetensors")
    with pytest.raises(TilewrightError, match="do not fit"):
        load_model("resnet20", path)


@pytest.mark.slow
def test_fine_tuning_wins_back_what_pruning_cost(tmp_path):
    recipe = PruneRecipe(ratio=0.6, epochs=2)
    before = prune_model("lenet5", tmp_path / "before.safetensors", replace(recipe, epochs=0))
    assert (
        before.accuracy_after < 0.9 and prune_model("lenet5", tmp_path / "x.safetensors", recipe).accuracy_after > 0.97
    )


class Stopped(Exception):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["channels", pytest.param("weights", marks=pytest.mark.all)])
def test_it_goes_on_where_it_was_stopped(tmp_path, structure, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    recipe = PruneRecipe(structure, ratio=0.6, schedule="linear", steps=2, epochs=2)
    straight, stopped = tmp_path / "straight.safetensors", tmp_path / "stopped.safetensors"
    whole = prune_model("lenet5", straight, recipe)
    assert len(whole.log) == 4

    for stop_after in (1, 2):
        epochs = []

        def stop(epoch, epochs=epochs, stop_after=stop_after):
            epochs.append(epoch)
            if len(epochs) == stop_after:
                raise Stopped

        with pytest.raises(Stopped):
            prune_model("lenet5", stopped, recipe, on_epoch=stop)
    again = prune_model("lenet5", stopped, recipe)
    assert [(one["step"], one["loss"]) for one in again.log] == [(one["step"], one["loss"]) for one in whole.log]
    one, other = (load_model("lenet5", path).module.state_dict() for path in (straight, stopped))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert sorted(Path(tmp_path).glob("stopped*")) == [stopped.with_suffix(".log.jsonl"), stopped]


@pytest.mark.slow
def test_weights_killed_between_steps_go_on_as_if_nothing_had_happened(tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    recipe = PruneRecipe("weights", ratio=0.9, schedule="linear", steps=3, epochs=1, learning_rate=0.01)
    straight, stopped = tmp_path / "straight.safetensors", tmp_path / "stopped.safetensors"
    prune_model("lenet5", straight, recipe)
    for _ in range(2):  # each time as the next step's epoch begins
        begun = []

        def progress(stage, done=0, total=0, begun=begun):
            if stage == "epoch 1 of 1" and done == 0:
                begun.append(stage)
                if len(begun) == 2:
                    raise Stopped

        with pytest.raises(Stopped):
            prune_model("lenet5", stopped, recipe, progress=progress)
    prune_model("lenet5", stopped, recipe)
    one, other = (load_model("lenet5", path).module.state_dict() for path in (straight, stopped))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_weights_that_were_set_to_zero_stay_so_where_channels_go(tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    sparse, thin = tmp_path / "sparse.safetensors", tmp_path / "thin.safetensors"
    prune_model("lenet5", sparse, PruneRecipe("weights", ratio=0.9))
    recipe = PruneRecipe(ratio=0.5, round_to=1, epochs=1)
    zeros = prune_model("lenet5", thin, replace(recipe, epochs=0), weights=sparse).after.zeros
    assert 0.6 < zeros == prune_model("lenet5", thin, recipe, weights=sparse).after.zeros


def test_a_model_without_a_data_set_is_pruned_unjudged(tmp_path):
    done = prune_model("mobilenetv2", tmp_path / "p.safetensors", PruneRecipe("blocks", ratio=0.5), weights="random")
    assert done.accuracy_before is None and done.accuracy_after is None and 0.3 < done.after.zeros < 0.5


@pytest.mark.slow
def test_the_verb_and_its_mistakes(cli, fails, tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    out = tmp_path / "lenet5.safetensors"
    done = cli("prune", "lenet5", "-o", out, "--ratio", 0.5, "--structure", "weights")
    assert done.code == 0 and "zeros 50%" in done.stdout, done
    fails("prune", "lenet5", "-o", out, "--ratio", 1.5, says="--ratio 1.5: give a share")
    fails("prune", "lenet5", "-o", out, "--criterion", "l3", says="unknown --criterion 'l3'")
    fails("prune", "lenet5", "-o", tmp_path / "x.onnx", says="name a .safetensors file")
    fails("prune", "lenet", "-o", out, says="did you mean lenet5")
    fails("prune", "lenet5", "-o", out, "--steps", "3", says="one-shot takes all in the first: name --schedule")
    fails("prune", "lenet5", "-o", out, "--layer", "conv9=0.5", says="no channels of conv9 can be taken out")
    fails("prune", "lenet5", "-o", out, "--structure", "blocks", "--layer", "conv1=0.5", says="no weights of conv1")
    fails("prune", "lprnet", "-o", out, "--weights", "random", "--epochs", "1", says="there is no training data")
    single = ("prune", "lenet5", "-o", out, "--structure", "weights")
    fails(*single, "--scope", "global", "--layer", "fc1=0.2", says="leave --scope global out")
    fails("prune", "lenet5", "-o", out, "--scope", "sensitivity", "--ratio", "0.95", says="at most 0.9")
