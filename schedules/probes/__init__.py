"""Kernels that measure the machine instead of computing something useful."""
