"""A network without some of its channels answers what it answers where nothing reads them."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from tilewright.models.compress.prune.channel_graph import channels_of, leave_unread, prunable, take_out
from tilewright.models.compress.prune.channel_scores import channel_scores
from tilewright.models.compress.prune.choose_channels import choose_channels
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.sensitivity import RATIOS, kept_by_sensitivity, sensitivity_of
from tilewright.models.compress.prune.size import size_of
from tilewright.models.loading import load_model

SLOW = [
    pytest.param(name, marks=pytest.mark.slow)
    for name in ("vgg16-cifar", "resnet50-cifar", "unet", "swiftnet-half", "squeezenet1.1", "efficientnet-lite0")
]


def ready(name):
    loaded = load_model(name, "random")
    generator = torch.Generator().manual_seed(3)
    return loaded.module, torch.randn(loaded.zoo.input_shape, generator=generator), generator


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet5", "resnet20", "lprnet", "resnet18-cifar-half", "mobilenetv2-cifar", *SLOW])
def test_what_is_taken_out_is_not_missed(name):
    network, example, generator = ready(name)
    roots = prunable(network, example)
    assert roots
    selection = {}
    for root in roots:
        width = channels_of(network, root)
        chosen = torch.randperm(width, generator=generator)[: max(1, width // 3)]
        selection[root] = sorted(chosen.tolist())
    unread = deepcopy(network)
    leave_unread(unread, example, selection)
    before = size_of(network, example)
    take_out(network, example, selection)
    with torch.no_grad():
        ours, expected = network(example), unread(example)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
    after = size_of(network, example)
    assert after.macs < 0.9 * before.macs and after.parameters < before.parameters


@pytest.mark.slow
def test_what_a_forward_does_with_channels_is_found_out():
    """LPRNet picks every other channel and divides by means over all; ResNet20's shortcuts add a fixed number."""
    lprnet, example, _ = ready("lprnet")
    left_alone = {"backbone.0", "backbone.4.block.6", "backbone.11.block.6", "container.0"}
    assert not left_alone & set(prunable(lprnet, example))
    resnet, example, _ = ready("resnet20")
    assert {root.rsplit(".", 1)[1] for root in prunable(resnet, example)} == {"conv1"}, "within the blocks only"


@pytest.mark.parametrize("criterion", ["l1", "l2", "bn-scale", "taylor"])
def test_channels_that_do_nothing_go_first(criterion):
    network, example, _ = ready("resnet20")
    dead = [2, 5, 11]
    with torch.no_grad():
        network.layer1[0].conv1.weight[dead] = 0
        network.layer1[0].bn1.weight[dead] = 0
        network.layer1[0].bn1.bias[dead] = 0
        network.layer1[0].conv2.weight[:, dead] = 0
    roots = prunable(network, example)
    scores = channel_scores(network, example, roots, criterion, lambda one: one(example).square().sum(), seed=0)
    recipe = PruneRecipe(ratio=3 / 16, round_to=1)
    widths = {root: channels_of(network, root) for root in roots}
    assert choose_channels(scores, widths, recipe, recipe.ratio)["layer1.0.conv1"] == dead
    assert all(parameter.grad is None for parameter in network.parameters())


def test_all_layers_compete():
    scores = {"a": torch.arange(32) / 10 + 5, "b": torch.arange(32) / 10}
    recipe = PruneRecipe(scope="global", ratio=0.25, round_to=1)
    assert choose_channels(scores, {"a": 32, "b": 32}, recipe, 0.25) == {"a": [], "b": list(range(16))}
    most = choose_channels(scores, {"a": 32, "b": 32}, recipe, 0.5)
    assert len(most["b"]) == 29, "a tenth is left of every layer"


def test_a_layer_that_moves_the_answer_less_loses_more():
    """Twice the curve, half the channels; a layer whose channels do nothing loses them first."""
    ratios = torch.tensor(RATIOS).numpy()
    curves = {"lame": ratios * 0.0, "mild": ratios * 1.0, "keen": ratios * 2.0}
    widths = dict.fromkeys(curves, 1000)
    kept = kept_by_sensitivity(curves, widths, 0.45)
    assert kept["lame"] == 100
    assert 1000 - kept["mild"] == pytest.approx(2 * (1000 - kept["keen"]), abs=3)
    assert sum(kept.values()) == pytest.approx(0.55 * 3000, abs=3)


def test_where_nothing_is_to_go_nothing_goes():
    curves = {"dead": np.zeros(len(RATIOS)), "alive": np.array(RATIOS)}
    assert kept_by_sensitivity(curves, {"dead": 100, "alive": 100}, 0.0) == {"dead": 100, "alive": 100}
    assert kept_by_sensitivity(curves, {"dead": 100, "alive": 100}, 0.45)["dead"] == 10


def test_sensitivity_is_of_the_layer_without_its_channels():
    network, example, generator = ready("lenet5")
    roots, inputs = prunable(network, example), torch.randn(6, 1, 28, 28, generator=generator)
    scores = channel_scores(network, example, roots, "l1", None, seed=0)
    before = deepcopy(network.state_dict())
    curves = sensitivity_of(network, example, scores, inputs)
    assert all(torch.equal(before[name], one) for name, one in network.state_dict().items())
    root = roots[0]
    gone = scores[root].argsort()[: round(0.5 * len(scores[root]))].tolist()
    pruned = deepcopy(network)
    take_out(pruned, example, {root: gone})
    with torch.no_grad():
        whole, ours = network(inputs), pruned(inputs)
    expected = max((ours - whole).square().mean() / whole.var(), max(curves[root][:4]))
    assert curves[root][4] == pytest.approx(float(expected), rel=1e-3)


def test_channels_are_kept_in_whole_vectors():
    scores = {"wide": torch.rand(60), "narrow": torch.rand(10)}
    recipe = PruneRecipe(ratio=0.5, round_to=8, layer_ratios={"narrow": 0.2})
    assert recipe.own_ratio("narrow.0.conv1") == 0.2 and recipe.own_ratio("narrower") is None
    assert recipe.without_a_layer(["narrow.0"]) == [] and recipe.without_a_layer(["narrower"]) == ["narrow"]
    chosen = choose_channels(scores, {"wide": 60, "narrow": 10}, recipe, 0.5)
    assert 60 - len(chosen["wide"]) == 32 and 10 - len(chosen["narrow"]) == 8
