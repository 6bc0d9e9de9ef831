"""Measuring: engines in processes of their own that take turns, and what is measured of each."""

from .bench import benchmark_model
from .measurement import Latency, Measurement

__all__ = ["Latency", "Measurement", "benchmark_model"]
