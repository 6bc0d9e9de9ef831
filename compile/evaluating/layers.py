"""How far each layer of a quantized model lies from the fp32 network, for `tilewright eval --layers`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..errors import TilewrightError
from ..importing.read_onnx import read_onnx
from ..importing.source import is_file, zoo_name
from ..progress import Progress
from ..quantizing import quantize_model
from ..quantizing.calibration import calibration_data
from ..quantizing.floating import read_floating
from ..quantizing.layer_noise import LayerNoise, layer_noise


def noise_of_layers(
    model: str, precision: str | None, weights: str | None, progress: Progress
) -> tuple[LayerNoise, ...]:
    """By the pictures of the model's calibration part.

    `model` is a quantized ONNX file of a zoo model, or a zoo model that `precision` says how to quantize.
    Raises TilewrightError for anything else.
    """
    if is_file(model):
        return _of_file(model)
    if precision not in ("int8", "int8-dynamic"):
        raise TilewrightError("--layers compares a quantized model with fp32: say --precision int8, or name its file")
    with tempfile.TemporaryDirectory(prefix="tilewright-") as folder:
        path = Path(folder) / "model.onnx"
        if precision == "int8":
            return quantize_model(model, path, weights=weights, noises=True, progress=progress).noises
        from ..quantizing.dynamic import quantize_dynamic

        return quantize_dynamic(model, path, weights=weights, noises=True, progress=progress).noises


def _of_file(model: str) -> tuple[LayerNoise, ...]:
    name = zoo_name(model)
    if name is None:
        raise TilewrightError(
            f"{model}: --layers needs the fp32 network, and the file does not say which zoo model it is"
        )
    floating = read_floating(name)
    data = calibration_data(floating.source, floating.inputs)
    return tuple(layer_noise(floating.graph, read_onnx(Path(model)), data))
