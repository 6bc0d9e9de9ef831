"""Quantization-aware training: a network learns as its quantized form, and is written in that form."""
