"""Name, shape and type of a network's input or output, and the check of an array against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import TilewrightError


@dataclass(frozen=True)
class TensorSpec:
    """One input or output; `layout` names the axes ("NCHW") where that is known, else is empty."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"

    def validate(self, array: np.ndarray) -> np.ndarray:
        """Return `array` as it is, C-contiguous.  Raises TilewrightError for another shape or dtype."""
        if tuple(array.shape) != self.shape:
            raise TilewrightError(f"input {self.name!r} has shape {tuple(array.shape)}, the model takes {self.shape}")
        if str(array.dtype) != self.dtype:
            raise TilewrightError(
                f"input {self.name!r} is {array.dtype}, the model takes {self.dtype}: convert it with .astype"
            )
        return np.ascontiguousarray(array)


def validate_inputs(specs: Iterable[TensorSpec], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Check a whole set of inputs by name.  Raises TilewrightError for a missing, an extra or a wrong one."""
    specs = list(specs)
    names = [spec.name for spec in specs]
    missing = [name for name in names if name not in arrays]
    extra = [name for name in arrays if name not in names]
    if missing or extra:
        problem = f"input {missing[0]!r} is missing" if missing else f"there is no input {extra[0]!r}"
        raise TilewrightError(f"{problem}; the model takes {', '.join(map(str, specs))}")
    return {spec.name: spec.validate(np.asarray(arrays[spec.name])) for spec in specs}


def random_inputs(specs: Iterable[TensorSpec], seed: int = 0) -> dict[str, np.ndarray]:
    """Standard normal values for floats, 0 or 1 for integers and booleans, the same for the same seed."""
    generator = np.random.default_rng(seed)

    def draw(spec: TensorSpec) -> np.ndarray:
        if np.issubdtype(np.dtype(spec.dtype), np.floating):
            return generator.standard_normal(spec.shape).astype(spec.dtype)
        return generator.integers(0, 2, spec.shape).astype(spec.dtype)

    return {spec.name: draw(spec) for spec in specs}
