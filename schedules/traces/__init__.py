"""Kernels that MetaSchedule has scheduled: their config is the trace of its steps, replayed when they are built."""
