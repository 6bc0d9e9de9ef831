"""What a layer's kernel has to answer: its definition's answer, or another kernel's, built for this machine.

The tests compare every kernel with torch; this tells a candidate that a board, its compiler or its schedule gets wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....schedules.layers import to_key
from ...errors import CheckFailed
from ...targets import Target, resolve
from ...tvm_stack import compiler
from .build_trial import FUNCTION, build_trial

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

_LEAST_DB = {"float32": 60.0, "float16": 30.0}  # as for whole networks
_MOST_WEIGHT = 63  # of integers: two products then fit 16 bits, whatever the machine's instruction


class Reference:
    """Random data and weights of `layer`, and the answer to them, computed when it is first asked for."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        random = np.random.default_rng(0)
        self._data = _values(random, layer.in_shape, layer.dtype, 255)
        shapes = zip(layer.weight_shapes, layer.weight_types, strict=False)
        self._weights = [_values(random, shape, kind, _MOST_WEIGHT) for shape, kind in shapes]
        self._answers: dict[Candidate, np.ndarray] = {}

    def arguments(self, one: Candidate) -> list[np.ndarray]:
        """The data, and the weights as `one` reads them."""
        return [self._data, *_packed(self._layer, one, self._weights)]

    def agrees(self, one: Candidate, answer: np.ndarray) -> bool:
        """Whether that is what `one` has to answer: integers to the last bit, fp32 to 60 dB, fp16 to 30.

        Raises CheckFailed when no kernel of this machine's can be built for the layer.
        """
        other = _other(self._layer, one, resolve("native"))
        if other not in self._answers:
            self._answers[other] = self._answer(other)
        if self._layer.integer:
            return bool(np.array_equal(answer, self._answers[other]))
        expected = self._answers[other].astype(np.float64)
        noise = np.square(answer.astype(np.float64) - expected).sum()
        return bool(np.square(expected).sum() >= noise * 10 ** (_LEAST_DB[self._layer.dtype] / 10))

    def _answer(self, one: Candidate) -> np.ndarray:
        tvm = compiler()
        layer, here = _computed(self._layer), resolve("native")
        with tempfile.TemporaryDirectory(prefix="tilewright-reference-") as folder:
            path = str(Path(folder) / "reference.so")
            if error := build_trial(to_key(layer), one.kernel.name, one.settings, here.name, path):
                raise CheckFailed(f"no reference for {to_key(layer)}: {error}")
            arguments = [self._data.astype(layer.dtype), *_packed(layer, one, self._weights)]
            result = tvm.nd.array(np.zeros(layer.out_shape, layer.out_dtype))
            tvm.runtime.load_module(path)[FUNCTION](*map(tvm.nd.array, arguments), result)
            return result.numpy()


def _computed(layer: Layer) -> Layer:
    """As it is computed here: x86 machines compute fp16 in fp32."""
    return replace(layer, dtype="float32") if layer.dtype == "float16" else layer


def _other(layer: Layer, one: Candidate, here: Target) -> Candidate:
    """What is least like `one`: the definition, or where it has none of its own the last of this machine's others.

    `one` itself where there is no other: built for this machine it is at least not the board's compiler's.
    """
    from ....schedules import machines
    from ....schedules.kernels import candidates, unscheduled

    layer = _computed(layer)
    definition = unscheduled(layer)
    if definition is not None and definition != one:
        return definition
    found = list(candidates(layer, machines.get(str(here.machine))))
    if not found:
        raise CheckFailed(f"no kernel of {here.name} computes {to_key(layer)}: there is no reference")
    return ([other for other in found if other != one] or found)[-1]


def _packed(layer: Layer, one: Candidate, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """By the very Relay operators that a Bundle runs at load."""
    compiler()
    from tvm import relay

    from ....schedules.kernels.alone import packing

    if not weights:
        return []
    executor: Any = relay.create_executor("graph", mod=packing(layer, one), target="llvm")
    cast = [weight.astype("float32") if layer.dtype == "float32" else weight for weight in weights]
    return [field.numpy() for field in executor.evaluate()(*cast)]


def _values(random: np.random.Generator, shape: Sequence[int], kind: str, most: int) -> np.ndarray:
    if kind in ("uint8", "int8"):
        low = 0 if kind == "uint8" else -min(most, 127)
        return random.integers(low, min(most, np.iinfo(kind).max), shape, dtype=kind, endpoint=True)
    return random.standard_normal(shape).astype(kind)
