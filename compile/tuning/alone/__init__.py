"""Kernels measured alone: built here on all cores, run here or on boards, a session for each trial."""
