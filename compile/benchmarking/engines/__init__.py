"""The engines that can be benchmarked, one a file; each is imported only in the process that runs it."""

from __future__ import annotations

from importlib import import_module

from ...errors import unknown_name
from .engine import Engine, Job

__all__ = ["ENGINES", "Engine", "Job", "create", "require_engine"]

ENGINES = ("tvm", "onnxruntime", "openvino", "torch")


def require_engine(name: str) -> str:
    """`name` if there is such an engine, else a TilewrightError with the near names."""
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    return name


def create(job: Job) -> Engine:
    """Load `job` into its engine.  Raises TilewrightError for an unknown or missing engine."""
    return import_module(f".{require_engine(job.engine)}_engine", __name__).create(job)
