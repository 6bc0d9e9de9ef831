"""Small constant matrices times vectors of TVM expressions, with shared halves.

Rows (or columns) that belong to points of opposite sign differ only in the signs of some terms.  Written as
even + odd and even - odd, both use the same two sums, which LLVM then computes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tvm import te, tir

from .cook_toom import Matrix


def product(matrix: Matrix, values: Sequence[Any]) -> list[Any]:
    """The rows of `matrix` times `values`, as expressions."""
    return _by_rows(matrix, values) if _pairs(matrix) else _by_columns(matrix, values)


def select(index: Any, rows: Sequence[Any]) -> Any:
    """rows[index] for an index that unrolling makes constant; the others then vanish."""
    chosen = rows[-1]
    for number in reversed(range(len(rows) - 1)):
        chosen = te.if_then_else(index == number, rows[number], chosen)
    return chosen


def _by_rows(matrix: Matrix, values: Sequence[Any]) -> list[Any]:
    rows = [_sum(row, values) for row in matrix]
    for one, other in _pairs(matrix):
        even = _sum([(a + b) / 2 for a, b in zip(matrix[one], matrix[other], strict=True)], values)
        odd = _sum([(a - b) / 2 for a, b in zip(matrix[one], matrix[other], strict=True)], values)
        rows[one], rows[other] = even + odd, even - odd
    return rows


def _by_columns(matrix: Matrix, values: Sequence[Any]) -> list[Any]:
    """Columns in pairs are even: c (x + y), or odd: c (x - y)."""
    columns = list(zip(*matrix, strict=True))
    terms, factors = [], []
    paired: set[int] = set()
    for one, other in _pairs(tuple(columns)):
        paired |= {one, other}
        terms += [values[one] + values[other], values[one] - values[other]]
        factors += [
            [(a + b) / 2 for a, b in zip(columns[one], columns[other], strict=True)],
            [(a - b) / 2 for a, b in zip(columns[one], columns[other], strict=True)],
        ]
    single = [number for number in range(len(columns)) if number not in paired]
    terms = [values[number] for number in single] + terms
    factors = [list(columns[number]) for number in single] + factors
    return [_sum([factor[row] for factor in factors], terms) for row in range(len(matrix))]


def _pairs(rows: Matrix) -> list[tuple[int, int]]:
    """Neighbours that are equal but for the signs of some entries, and differ in some."""
    pairs, number = [], 0
    while number + 1 < len(rows):
        one, other = rows[number], rows[number + 1]
        if one != other and all(abs(a) == abs(b) for a, b in zip(one, other, strict=True)):
            pairs.append((number, number + 1))
            number += 1
        number += 1
    return pairs


def _sum(factors: Sequence[Fraction], values: Sequence[Any]) -> Any:
    total = None
    for factor, value in zip(factors, values, strict=True):
        if factor == 0:
            continue
        term = value if abs(factor) == 1 else value * tir.const(float(abs(factor)), value.dtype)
        if total is None:
            total = term if factor > 0 else tir.const(0.0, term.dtype) - term
        else:
            total = total + term if factor > 0 else total - term
    return tir.const(0.0, values[0].dtype) if total is None else total
