"""The matrices of Winograd's minimal filtering F(m, r), made by the method of Cook and Toom.

y = A^T ((G g) * (B^T d)) gives the m outputs of a filter g of r taps over m + r - 1 inputs d with m + r - 1
multiplications instead of m r.  Exact fractions, so that the only rounding is the kernel's own.
Winograd (1980); for convolutional networks: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

# Small numbers in pairs of opposite sign: small constants, and each pair shares its even and odd halves.
_POINTS = tuple(Fraction(n, d) for n, d in ((0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 2), (-1, 2)))
Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True)
class Transforms:
    """output: A^T (m, a); filter: G (a, r); input: B^T (a, a); a = m + r - 1."""

    output: Matrix
    filter: Matrix
    input: Matrix

    @property
    def size(self) -> int:
        """a: inputs of a tile along one dimension, and its multiplications."""
        return len(self.input)


@cache
def transforms(outputs: int, taps: int) -> Transforms:
    """F(outputs, taps).  Raises ValueError where the points at hand do not suffice (more than 8 inputs)."""
    finite = outputs + taps - 2
    if finite > len(_POINTS):
        raise ValueError(f"F({outputs}, {taps}) needs {finite} points; there are {len(_POINTS)}")
    points = _POINTS[:finite]
    at = [[point**power for point in points] + [Fraction(int(power == outputs - 1))] for power in range(outputs)]
    others = [[other for other in points if other != point] for point in points]
    scale = [_product(point - other for other in rest) for point, rest in zip(points, others, strict=True)]
    g = [[point**power / by for power in range(taps)] for point, by in zip(points, scale, strict=True)]
    g.append([Fraction(int(power == taps - 1)) for power in range(taps)])
    bt = [[*_polynomial(rest), Fraction(0)] for rest in others]
    bt.append(_polynomial(points))
    return Transforms(*(tuple(map(tuple, matrix)) for matrix in (at, g, bt)))


def as_array(matrix: Matrix) -> np.ndarray:
    """float64."""
    return np.array(matrix, dtype="float64")


def _product(factors: Iterable[Fraction]) -> Fraction:
    result = Fraction(1)
    for factor in factors:
        result *= factor
    return result


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """Coefficients of the product of (x - root), the constant first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        for power, value in enumerate(coefficients):
            shifted[power] -= root * value
        coefficients = shifted
    return coefficients
