"""Mixed precision: integers where they pay, fp32 where they cost too much accuracy or gain no time.

A layer that takes no less time on integers stays fp32.  Of the others, the fewest with the largest error for the time
they gain are put back to fp32 until the accuracy on the calibration part drops by no more than is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import TilewrightError
from ..importing.static_shapes import static_shapes
from ..progress import Progress, silent
from .layer_times import Geometry, node_geometry
from .recipe import Recipe
from .weights import convolutions

_LEAST_GAIN = 0.05  # of a layer's time: less is lost again where the types change


@dataclass(frozen=True)
class LayerChoice:
    """One layer: `snr_db` of the network's result with it alone on integers, microseconds, and what was decided."""

    node: str
    operator: str
    snr_db: float
    fp32_us: float | None
    int8_us: float | None
    precision: str
    why: str

    @property
    def gain(self) -> float:
        """Microseconds that integers save."""
        return 0.0 if self.fp32_us is None or self.int8_us is None else self.fp32_us - self.int8_us


@dataclass(frozen=True)
class Found:
    """The layers in the order of the graph, the recipe that keeps some fp32, and the accuracies found by it.

    `fp32_us` and `chosen_us` are the times of the whole networks, where they were measured.
    """

    layers: tuple[LayerChoice, ...]
    recipe: Recipe
    fp32: float
    chosen: float
    fp32_us: float | None = None
    chosen_us: float | None = None

    @property
    def warning(self) -> str:
        """A sentence where the network is no faster than the fp32 one; else nothing."""
        if self.fp32_us is None or self.chosen_us is None or self.chosen_us < self.fp32_us:
            return ""
        return f"it is no faster than fp32 here: {self.chosen_us:.0f} us against {self.fp32_us:.0f} us"


def all_integer(found: Found, recipe: Recipe, accuracy: float) -> Found:
    """`found` with every layer on integers, as `recipe` has it, which gives this accuracy."""
    why = "the change of types around it costs more than it gains in fp32"
    layers = tuple(one if one.precision == "int8" else replace(one, precision="int8", why=why) for one in found.layers)
    return replace(found, layers=layers, recipe=recipe, chosen=accuracy)


def measured_layers(
    graph: Any, errors: dict[str, float], fp32: dict[Geometry, float], int8: dict[Geometry, float]
) -> list[LayerChoice]:
    """Every layer with weights; one without both times counts as gaining."""
    shapes = static_shapes(graph.graph)
    nodes = {node.name: node for node in graph.graph.node}
    found = []
    for layer in convolutions(graph):
        at = node_geometry(nodes[layer.node], shapes)
        before, after = (None, None) if at is None else (fp32.get(at), int8.get(at))
        slow = before is not None and after is not None and after > (1 - _LEAST_GAIN) * before
        decided = ("fp32", "no faster on integers") if slow else ("int8", "faster")
        found.append(LayerChoice(layer.node, layer.operator, errors[layer.node], before, after, *decided))
    return found


def search(
    layers: Sequence[LayerChoice],
    recipe: Recipe,
    accuracy: Callable[[Recipe], float],
    fp32: float,
    most_drop: float,
    between: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda kept: (),
    progress: Progress = silent,
) -> Found:
    """`accuracy` gives that of the network quantized by a recipe, from 0 to 1, as `fp32` and `most_drop` are.

    `between` names the nodes that stay fp32 because these layers do.
    Raises TilewrightError where even the layers that are left lose too much.
    """
    order = sorted((one for one in layers if one.precision == "int8"), key=_price, reverse=True)
    slow = tuple(one.node for one in layers if one.precision == "fp32")
    tried: dict[int, float] = {}

    def keeping(kept: tuple[str, ...]) -> Recipe:
        return replace(recipe, keep=(*recipe.keep, *kept, *between(kept)))

    def drop(count: int) -> float:
        if count not in tried:
            progress(f"trying with {count} more layers in fp32")
            tried[count] = accuracy(keeping((*slow, *(one.node for one in order[:count]))))
        return fp32 - tried[count]

    least, most = 0, len(order)
    if drop(most) > most_drop:
        raise TilewrightError(
            f"even with every layer in fp32 the accuracy drops by {100 * drop(most):.2f} points, more than --max-drop"
        )
    while least < most:  # the fewest: what is put back only helps
        middle = (least + most) // 2
        least, most = (least, middle) if drop(middle) <= most_drop else (middle + 1, most)
    back = {one.node for one in order[:least]}
    decided = tuple(
        replace(one, precision="fp32", why="costs too much accuracy") if one.node in back else one for one in layers
    )
    kept = tuple(one.node for one in decided if one.precision == "fp32")
    drop(least)
    return Found(decided, keeping(kept), fp32, tried[least])


def _price(one: LayerChoice) -> float:
    """Noise for the time that it saves."""
    return 10 ** (-one.snr_db / 10) / max(one.gain, 1.0)
