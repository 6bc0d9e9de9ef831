"""Quantization: an fp32 ONNX graph becomes one with integers in it, by a recipe and calibration data."""

from __future__ import annotations

from .quantize import NOTE, Quantized, quantize, quantize_model
from .recipe import Recipe

__all__ = ["NOTE", "Quantized", "Recipe", "quantize", "quantize_model"]
