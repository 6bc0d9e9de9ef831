"""Kernels as an algorithm and a chain of schedule steps, the machines they are shaped by, and where they meet Relay."""
