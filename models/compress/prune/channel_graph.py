"""Which channels of a network can be taken out, and taking them out of every layer that has them.

torch-pruning follows them (DepGraph, Fang et al. 2023, arXiv:2301.12900) through residual additions, concatenations and
flattening, but not through whatever a `forward` may do: LPRNet picks every other channel, and divides by a mean over
all.  So nothing is believed: a group of channels counts as prunable when a network without one of them answers what it
answers where nothing reads that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from ....compile.errors import TilewrightError

Selection = Mapping[str, Sequence[int]]  # layer -> those of its output channels that go
_TRIED = 1  # this channel is taken out for the trial: 0 would hide that every other one is picked
_TOLERANCE = 1e-4


def prunable(network: nn.Module, example: torch.Tensor) -> list[str]:
    """The layers, one for each group of channels that can be taken out, by name; `network` is in eval mode.

    Raises TilewrightError where what it answers are no numbers.
    """
    with torch.no_grad():
        if not network(example).isfinite().all():
            raise TilewrightError("the network answers no numbers: its weights are damaged, or their training diverged")
    graph, names = graph_of(network, example), {module: name for name, module in network.named_modules()}
    roots = [names[group[0].dep.target.module] for group in graph.get_all_groups()]
    return list(_exact_ones(network, example, [root for root in roots if channels_of(network, root) > _TRIED]))


def _exact_ones(network: nn.Module, example: torch.Tensor, roots: Sequence[str]) -> Iterator[str]:
    """All at once, and in halves where that is not exact: most networks need one trial."""
    if not roots:
        return
    if _exact(network, example, roots):
        yield from roots
    elif len(roots) > 1:
        for half in (roots[: len(roots) // 2], roots[len(roots) // 2 :]):
            yield from _exact_ones(network, example, half)


def _exact(network: nn.Module, example: torch.Tensor, roots: Sequence[str]) -> bool:
    pruned, unread = deepcopy(network), deepcopy(network)
    selection = {root: [_TRIED] for root in roots}
    leave_unread(unread, example, selection)
    try:
        take_out(pruned, example, selection)
        with torch.no_grad():
            ours, expected = pruned(example), unread(example)
    except RuntimeError:  # the shapes do not fit each other any more
        return False
    same = ours.shape == expected.shape
    return same and bool((ours - expected).abs().max() <= _TOLERANCE * expected.abs().max())


def take_out(network: nn.Module, example: torch.Tensor, selection: Selection) -> None:
    """Take the selected channels out of `network`, in place."""
    graph = graph_of(network, example)
    for root, channels in selection.items():
        if channels:
            group_of(graph, network, root, channels).prune()


def group_of(graph: Any, network: nn.Module, root: str, channels: Sequence[int] | None = None) -> Any:
    """torch-pruning's group of so many of a layer's channels, or of all: everything that has to go with them."""
    module = network.get_submodule(root)
    pruner = graph.get_pruner_of_module(module)
    chosen = range(channels_of(network, root)) if channels is None else channels
    return graph.get_pruning_group(module, pruner.prune_out_channels, list(chosen))


def graph_of(network: nn.Module, example: torch.Tensor) -> Any:
    """torch-pruning's dependency graph of `network`.  Raises TilewrightError where that package is missing."""
    try:
        import torch_pruning
    except ModuleNotFoundError:
        raise TilewrightError("torch-pruning is needed to prune channels: pip install 'tilewright[zoo]'") from None
    return torch_pruning.DependencyGraph().build_dependency(network, example_inputs=example)


def leave_unread(network: nn.Module, example: torch.Tensor, selection: Selection) -> None:
    """Whatever reads the selected channels multiplies them by zero."""
    graph = graph_of(network, example)
    for root, channels in selection.items():
        unread(graph, network, root, channels)


def unread(graph: Any, network: nn.Module, root: str, channels: Sequence[int]) -> None:
    """As `leave_unread`, for one layer of a network with its `graph`."""
    with torch.no_grad():
        for dependency, places in group_of(graph, network, root, channels) if channels else ():
            if graph.is_in_channel_pruning_fn(dependency.handler):
                _zero_inputs(dependency.target.module, places)


def _zero_inputs(layer: Any, places: Sequence[int]) -> None:
    if isinstance(layer, nn.ConvTranspose2d):
        layer.weight[places] = 0
    elif isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and layer.groups == 1):  # not depthwise
        layer.weight[:, places] = 0


def channels_of(network: nn.Module, root: str) -> int:
    """How many output channels a layer has."""
    layer: Any = network.get_submodule(root)
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
