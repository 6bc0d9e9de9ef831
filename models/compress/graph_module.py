"""A normalized ONNX graph as a torch module: what is trained is then exactly what is quantized and exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ...compile.errors import TilewrightError
from .operators import OPERATORS, Attributes

NO_MODULES: Mapping[str, nn.Module] = {}


class GraphModule(nn.Module):
    """The graph of an onnx.ModelProto of batch 1, which takes batches of any size: (N, ...) -> its first output.

    Its float32 constants are parameters.  `own` has modules that compute some of the nodes, by the node's name, in
    place of the operator; constants that only these read are no parameters.
    """

    def __init__(self, model: Any, own: Mapping[str, nn.Module] = NO_MODULES) -> None:
        """Raises TilewrightError for a node that there is no operator for."""
        super().__init__()
        graph = model.graph
        self._nodes = [_Node(node, own.get(node.name)) for node in graph.node]
        self.own = nn.ModuleList(own[node.name] for node in graph.node if node.name in own)
        self._input, self._output = graph.input[0].name, graph.output[0].name
        read = {name for node in self._nodes if node.module is None for name in node.inputs}
        constants = {one.name: _tensor(one) for one in graph.initializer if one.name in read}
        trained = [name for name, one in constants.items() if one.dtype == torch.float32 and one.dim() > 0]
        self.parameter_names = tuple(trained)
        self.weights = nn.ParameterList(nn.Parameter(constants[name]) for name in trained)
        self._constants = {name: one for name, one in constants.items() if name not in trained}

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The network's first output."""
        return self._run(images)[self._output]

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """What the sigmoid at the end is given.  Raises TilewrightError where there is none."""
        last = self._nodes[-1]
        if last.operator != "Sigmoid":
            raise TilewrightError(f"the network ends with {last.operator}, not with a sigmoid")
        return self._run(images)[last.inputs[0]]

    def arrays(self) -> dict[str, np.ndarray]:
        """The parameters by the name that the graph gives them."""
        named = zip(self.parameter_names, self.weights, strict=True)
        return {name: weight.detach().numpy() for name, weight in named}

    def _run(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        values = {**self._constants, **dict(zip(self.parameter_names, self.weights, strict=True)), self._input: images}
        for node in self._nodes:
            if node.module is not None:
                values[node.output] = node.module(*(values[name] for name in node.inputs if name in values))
            else:
                values[node.output] = node.compute([values[name] if name else None for name in node.inputs])
        return values


class _Node:
    """One node: by a module of its own, or by the operator."""

    def __init__(self, node: Any, module: nn.Module | None) -> None:
        from onnx import helper

        if module is None and node.op_type not in OPERATORS:
            raise TilewrightError(f"node {node.name!r}: {node.op_type} cannot be trained: quantize without --aware")
        self.name, self.operator, self.module = node.name, node.op_type, module
        self.inputs, self.output = tuple(node.input), node.output[0]
        self.attributes: Attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}

    def compute(self, inputs: list[torch.Tensor | None]) -> torch.Tensor:
        return OPERATORS[self.operator](inputs, self.attributes)


def _tensor(initializer: Any) -> torch.Tensor:
    from onnx import numpy_helper

    return torch.from_numpy(np.array(numpy_helper.to_array(initializer)))
