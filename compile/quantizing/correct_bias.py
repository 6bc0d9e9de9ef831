"""Bias correction: rounding a weight shifts the mean of what it computes; take that shift off the bias.

Nagel et al. (2019), "Data-Free Quantization Through Weight Equalization and Bias Correction", section 4.2, with the
means that the calibration data gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .statistics import Statistics
from .weights import convolutions, quantized_weight


def correct_bias(model: Any, statistics: Mapping[str, Statistics], per_channel: bool, bits: int) -> None:
    """Change the biases of the ONNX `model` in place: b -= sum over inputs of (rounded w - w) E[x]."""
    for layer in convolutions(model):
        if layer.bias is None or layer.data not in statistics or layer.transposed:
            continue
        error = quantized_weight(layer.weight, per_channel, bits) - layer.weight
        taps = error.sum(axis=tuple(range(2, error.ndim)))  # (filters, channels of a group)
        means = statistics[layer.data].channel_means
        filters_of_group = len(taps) // layer.groups
        of_group = means.reshape(layer.groups, -1)[np.arange(len(taps)) // filters_of_group]
        layer.set_bias(layer.bias - (taps * of_group).sum(axis=1))
