"""What is left of a network starts again: as it is, as it was, or anew."""

import pytest
import torch
from tilewright.models.compress.prune.channel_graph import prunable, take_out
from tilewright.models.compress.prune.lottery import restart
from tilewright.models.compress.prune.masks import choose_weights, put_on, take_off, zero_share
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model
from tilewright.models.loading import load_model


def masked():
    network = load_model("lenet5").module
    put_on(network, choose_weights(network, PruneRecipe("weights", ratio=0.7)))
    return network


def test_masked_weights_go_back():
    network, early = masked(), load_model("lenet5", "random").module
    zeros = network.conv1.weight.detach() == 0
    restart(network, "rewind", early.state_dict(), seed=0)
    assert bool((network.conv1.weight[zeros] == 0).all())
    assert torch.equal(network.conv1.weight[~zeros], early.conv1.weight[~zeros])
    assert torch.equal(network.conv1.bias, early.conv1.bias)


def test_masked_weights_start_anew():
    networks = [masked() for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        restart(network, "random", None, seed)
        take_off(network)
        assert zero_share(network) == pytest.approx(0.7, abs=1e-3)
    first, same, other = (network.conv1.weight for network in networks)
    assert torch.equal(first, same) and not torch.equal(first, other)
    assert not torch.equal(first, masked().conv1.weight)


def test_channels_go_back_to_those_that_are_left():
    loaded, early = load_model("lenet5"), load_model("lenet5", "random").module
    example = torch.zeros(loaded.zoo.input_shape)
    (root, *_) = prunable(loaded.module, example)
    whole = early.get_submodule(root).weight.detach().clone()
    chosen = {root: [0, 3]}
    for network in (loaded.module, early):
        take_out(network, example, chosen)
    restart(loaded.module, "rewind", early.state_dict(), seed=0)
    kept = [channel for channel in range(len(whole)) if channel not in chosen[root]]
    now = loaded.module.get_submodule(root).weight
    assert torch.equal(now, whole[kept])
    assert torch.equal(now, early.get_submodule(root).weight)


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["channels", "weights"])
def test_a_ticket_is_trained_from_where_it_was(tmp_path, structure):
    early = tmp_path / "early.safetensors"
    from tilewright.models.training.results import write_weights

    write_weights(load_model("lenet5", "random").module, early)
    recipe = PruneRecipe(structure, ratio=0.5, epochs=2, start="rewind")
    done = prune_model("lenet5", tmp_path / "ticket.safetensors", recipe, rewound=early)
    assert done.accuracy_after > 0.95 and done.log[0]["loss"] > done.log[1]["loss"]


def test_a_start_needs_what_it_starts_from(fails, tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    out, narrow, whole = (tmp_path / f"{name}.safetensors" for name in ("out", "narrow", "whole"))
    prune_model("lenet5", narrow, PruneRecipe(ratio=0.5))
    prune_model("lenet5", whole, PruneRecipe(ratio=0.0))
    rewound = ("--start", "rewind", "--rewind", whole, "--epochs", 1)
    fails("prune", "lenet5", "--weights", narrow, "-o", out, *rewound, says="whole.safetensors: its layers have other")
    fails("prune", "lenet5", "-o", out, "--start", "rewind", "--epochs", 1, says="--rewind FILE go together")
    fails("prune", "lenet5", "-o", out, "--start", "random", says="the weights are to be trained, so give --epochs")
