"""Single weights at zero: how many, which, and that they stay there."""

import pytest
import torch
from tilewright.models.compress.prune.masks import choose_weights, put_on, take_off, zero_share
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.schedule import SCHEDULES
from tilewright.models.loading import load_model
from tilewright.schedules.sparse_blocks import share_of_blocks


@pytest.fixture
def network():
    return load_model("lenet5").module


@pytest.mark.parametrize("criterion", ["l1", "random"])
@pytest.mark.parametrize("scope", ["local", "global"])
def test_the_share_is_met_step_by_step(network, criterion, scope):
    recipe = PruneRecipe("weights", criterion, 0.8, scope, schedule="agp", steps=3)
    zeros = torch.zeros(0)
    for share in recipe.shares:
        put_on(network, choose_weights(network, recipe, share))
        assert zero_share(network) == pytest.approx(0.8 * share, abs=1e-3)
        now = torch.cat([one.weight.detach().flatten() == 0 for one in layers(network)])
        assert not len(zeros) or bool(now[zeros].all()), "what went does not come back"
        zeros = now


def layers(network):
    return [one for one in network.modules() if isinstance(one, (torch.nn.Conv2d, torch.nn.Linear))]


def test_what_is_zero_stays_so_where_nothing_more_is_to_go(network):
    put_on(network, choose_weights(network, PruneRecipe("weights", ratio=0.8)))
    take_off(network)
    put_on(network, choose_weights(network, PruneRecipe("weights", ratio=0.0)))
    for layer in layers(network):
        layer.weight_orig.data += 1
    take_off(network)
    assert zero_share(network) == pytest.approx(0.8, abs=1e-3)


def test_global_takes_the_least_of_all(network):
    everything = torch.cat([one.weight.detach().flatten() for one in layers(network)]).abs()
    limit = everything.sort().values[round(0.6 * len(everything)) - 1]
    put_on(network, choose_weights(network, PruneRecipe("weights", ratio=0.6, scope="global")))
    left = torch.cat([one.weight.detach().flatten() for one in layers(network)])
    assert bool(((left != 0) == (everything > limit)).all())


@pytest.mark.parametrize("criterion", ["l1", "random"])
@pytest.mark.parametrize("scope", ["local", "global"])
def test_blocks_go_together(criterion, scope):
    network = load_model("mobilenetv2-mnist").module
    recipe = PruneRecipe("blocks", criterion, 0.6, scope)
    put_on(network, choose_weights(network, recipe))
    take_off(network)
    kernels = [one.weight.detach() for one in layers(network) if one.weight[0].numel() == one.weight.shape[1]]
    pointwise = [one for one in kernels if one.shape[1] > 1 or one.ndim == 2]  # of no group
    there = [share_of_blocks(one.flatten(1).numpy()) for one in pointwise]
    weights = sum(one.numel() for one in pointwise)
    assert sum(int((one == 0).sum()) for one in pointwise) / weights == pytest.approx(0.6, abs=0.01)
    assert (max(there) - min(there) < 0.1) == (scope == "local")
    for one, share in zip(pointwise, there, strict=True):
        assert float((one != 0).float().mean()) == pytest.approx(
            share, abs=0.05
        )  # 10 outputs: two of eight are filled up
    assert all(bool((one.weight != 0).all()) for one in layers(network) if one.weight[0].numel() > one.weight.shape[1])


def test_masks_hold_while_the_rest_is_trained(network):
    put_on(network, choose_weights(network, PruneRecipe("weights", ratio=0.9)))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    before = layers(network)[0].weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        network(torch.randn(4, 1, 28, 28)).square().sum().backward()
        optimizer.step()
        network(torch.randn(1, 1, 28, 28))
    take_off(network)
    after = layers(network)[0].weight
    assert zero_share(network) == pytest.approx(0.9, abs=1e-3) and not torch.equal(before, after)
    assert set(network.state_dict()) == set(load_model("lenet5").module.state_dict())


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_rise_to_the_whole(name):
    shares = [SCHEDULES[name](step / 10) for step in range(1, 11)]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1) and shares[0] > 0


def test_agp_is_the_published_curve():
    assert SCHEDULES["agp"](0.5) == pytest.approx(1 - 0.5**3)
