"""Weights that this project trained itself, as safetensors, each with the log of its training (see README.md)."""
