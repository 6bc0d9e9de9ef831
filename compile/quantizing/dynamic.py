"""Dynamic quantization: int8 weights, and activations whose range is found anew at every run, so without calibration.

The graph has DynamicQuantizeLinear before ConvInteger and MatMulInteger; ONNX Runtime's own tool writes it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from ..files import replacing
from ..importing.quantization_note import put_note
from ..progress import Progress, silent
from .calibration import calibration_data
from .equalize import equalize
from .floating import Floating, read_floating, require_nodes
from .onnx_tool import drop_marks, marked_copy, without_warnings
from .quantize import Quantized, with_noises

_WEIGHT_BITS = (8, 7)
_OPERATORS = ["Conv", "MatMul"]  # the tool makes a MatMul of a Gemm


@dataclass(frozen=True)
class DynamicRecipe:
    """The choices that dynamic quantization leaves; they mean what they mean in `Recipe`.

    A step for each output channel is for matrix products only: ConvInteger has one for all.
    """

    per_channel: bool = True
    weight_bits: int = 8
    equalize: bool = False
    keep: tuple[str, ...] = ()
    method: str = "dynamic"

    def __post_init__(self) -> None:
        """Raises TilewrightError for a choice there is not."""
        if self.weight_bits not in _WEIGHT_BITS:
            raise TilewrightError(f"weights have {' or '.join(map(str, _WEIGHT_BITS))} bits, not {self.weight_bits}")

    @property
    def precision(self) -> str:
        """In a word."""
        return "int8"

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file's metadata."""
        return asdict(self)


def quantize_dynamic(
    model: str | Path,
    output: Path,
    recipe: DynamicRecipe | None = None,
    *,
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    noises: bool = False,
    progress: Progress = silent,
) -> Quantized:
    """Quantize a zoo model or an fp32 ONNX file dynamically and write it to `output`.

    With `noises` each layer's error on the model's calibration data is measured.  Raises TilewrightError for a model
    that is quantized already; nothing is written then.
    """
    with replacing(output) as beside:
        floating = read_floating(str(model), batch, shapes, weights)
        progress("quantizing the weights")
        quantized = quantize_weights(floating, recipe or DynamicRecipe())
        if noises:
            data = calibration_data(floating.source, floating.inputs)
            quantized = with_noises(quantized, floating, data, progress)
        beside.write_bytes(quantized.graph.SerializeToString())
    return quantized


def quantize_weights(floating: Floating, recipe: DynamicRecipe) -> Quantized:
    """The quantized graph; `floating` stays as it is.  Raises TilewrightError for a node to keep that there is not."""
    import onnx
    from onnxruntime import quantization as tool

    graph = marked_copy(floating.graph)
    require_nodes(graph, recipe.keep)
    if recipe.equalize:
        equalize(graph)
    kept = [node.name for node in graph.graph.node if node.name in recipe.keep or node.op_type in recipe.keep]
    with without_warnings(), tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        path = Path(folder) / "quantized.onnx"
        tool.quantize_dynamic(
            graph,
            path,
            op_types_to_quantize=_OPERATORS,
            per_channel=recipe.per_channel,
            reduce_range=recipe.weight_bits == 7,
            weight_type=tool.QuantType.QInt8,
            nodes_to_exclude=[*kept, *(f"{name}_MatMul" for name in kept)],
        )
        quantized = onnx.load(path)
    drop_marks(quantized)
    origin = "the input of every run"
    note = {"recipe": recipe.to_json(), "calibration": origin}
    put_note(quantized, note)
    return Quantized(floating.source, quantized, recipe, origin, {})
