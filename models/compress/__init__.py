"""Compression while training: networks that learn to be quantized."""
