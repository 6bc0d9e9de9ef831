"""Quantization: an fp32 ONNX graph becomes one with integers in it, by a recipe and calibration data."""

from __future__ import annotations

from .quantize import Quantized, quantize, quantize_model
from .recipe import Recipe

__all__ = ["Quantized", "Recipe", "quantize", "quantize_model"]
