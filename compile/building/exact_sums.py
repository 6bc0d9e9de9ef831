"""Sums of integers are exact: what a machine's instructions would not add up goes another way.

x86 without VNNI adds two products in 16 bits, which fit for weights of 7 bits; for others there is a slower way.
Where Arm adds two in 16 bits (SMULL and SMLAL), only twice -128 by -128 does not fit: such layers are left to fp32.  No
weights of ours go below -127; those of PyTorch's observers do, once a filter as a rule, which is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from ...schedules import machines
from ..targets import Target
from .freeze_layout import Choose

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer
    from ...schedules.machines import Machine


def exact_machine(weights: Iterable[np.ndarray], target: Target) -> Machine:
    """The target's machine, or the same with an exact dot product where `weights` have too many bits for its own."""
    machine = machines.get(str(target.machine))
    exact = f"{machine.name}-exact"
    if machine.dot is None or exact not in machines.names():
        return machine
    from ...schedules.instructions import dot_of

    most = 1 << dot_of(machine).bits - 1
    wide = (max(one.max(initial=0), -int(one.min(initial=0))) > most for one in weights if one.dtype == np.int8)
    return machines.get(exact) if any(wide) else machine


def multiplies_integers(layer: Layer) -> bool:
    """Whether a kernel of `layer` is made of the machine's dot product."""
    return bool(layer.integer and layer.weight_shapes and not layer.of_levels)


def exact_sums(choose: Choose, weights: Iterable[np.ndarray], target: Target) -> Choose:
    """`choose`, but for layers of 8-bit weights where two of a filter are below what the target's machine adds up."""
    machine = machines.get(str(target.machine))
    if machine.dot is None:
        return choose
    from ...schedules.instructions import dot_of

    least = dot_of(machine).least
    if not any(_twice_below(least, one) for one in weights if one.dtype == np.int8 and one.ndim > 1):
        return choose

    def in_floats(layer: Layer) -> Candidate | None:
        """No kernel of integers: fp32 holds their sums too."""
        return None if multiplies_integers(layer) else choose(layer)

    return in_floats


def _twice_below(least: int, weights: np.ndarray) -> bool:
    """Whether a filter, which a transposed convolution has along the second axis, has two values below `least`."""
    low = weights < least
    return any(np.any(low.sum(axis=tuple(set(range(low.ndim)) - {axis})) > 1) for axis in (0, 1))
