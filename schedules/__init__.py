"""Kernels as an algorithm and a chain of schedule steps, and the machines they are shaped by.

Today: the machine descriptions and the probes that measure a machine's peaks; TVM's own schedules do the rest.
"""
