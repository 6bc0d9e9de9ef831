"""The smallest kernel, built and run before all others: a missing linker or board is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....schedules import machines
from ....schedules.layers import Dense
from ...errors import CheckFailed
from ...targets import Target
from .build_trial import Builders, error_of
from .measuring import Measure
from .trial import Outcome

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate

_LAYER = Dense(1, 16, 16)


def require_trial(target: Target, measure: Measure) -> None:
    """Build and run it.  Raises CheckFailed with the first real error."""
    ended: list[Outcome] = []
    measure(_LAYER, [_candidate(target)], ended.append)
    if ended[0].failed is not None:
        raise CheckFailed(f"a trial kernel for {target.name} fails ({ended[0].failed}): {ended[0].message}")


def require_build(target: Target, builders: Builders) -> None:
    """Build it.  Raises CheckFailed when that fails: then no candidate is at fault that could not be built either."""
    library, built = builders.submit(_LAYER, _candidate(target))
    if message := error_of(built):
        raise CheckFailed(f"a trial kernel for {target.name} fails (build): {message}")
    library.unlink()


def _candidate(target: Target) -> Candidate:
    from ....schedules.kernels import candidates

    return next(candidates(_LAYER, machines.get(str(target.machine))))
