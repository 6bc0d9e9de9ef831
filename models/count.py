"""Count what a network computes, by torch's own formulas."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class _Macs(TorchDispatchMode):
    """As torch's FlopCounterMode, whose first operator imports torch's compiler: two seconds for every process."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # skipping it is what imports it

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if (flops := flop_registry.get(func._overloadpacket)) is not None:
            self.total += flops(*args, **kwargs, out_val=output) // 2
        return output


def count(module: nn.Module, example: torch.Tensor) -> tuple[int, int, torch.Tensor]:
    """Parameters and multiply-accumulates of `module` on `example`, as ModelSummary has them, and its answer."""
    with torch.no_grad(), _Macs() as macs:
        output = module(example)
    return sum(parameter.numel() for parameter in module.parameters()), macs.total, output
