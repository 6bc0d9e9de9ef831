"""Distillation: a network learns what a better one answers, and where it looks."""
