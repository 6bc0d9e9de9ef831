"""Build candidates of a layer, and run them on all boards at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .build_trial import Builders, error_of
from .run import Alone
from .runner import TRIAL_SECONDS, Job, Runner
from .trial import Outcome, Trial

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer

Done = Callable[[Outcome], None]
Measure = Callable[["Layer", Sequence["Candidate"], Done], None]


class Measuring:
    """Measures on the boards of `run` what `builders` build; a Measure."""

    def __init__(self, run: Alone, builders: Builders) -> None:
        self._here, self._builders = run.slots.here, builders
        self._runner = Runner(run.slots, run.threads, TRIAL_SECONDS)

    def __call__(self, layer: Layer, candidates: Sequence[Candidate], done: Done, turns: int = 1) -> None:
        """`done` is told each outcome as it comes: one of each candidate, A B C A B C in several `turns`.

        Raises BoardLost when no board is left.
        """
        built = [(Trial(layer, one), *self._builders.submit(layer, one)) for one in candidates]
        if self._here:  # a build beside a measurement would spoil it
            for _, _, building in built:
                error_of(building)
        self._runner.run([Job(*each) for each in built * turns], done)
        for _, library, _ in built:
            library.unlink(missing_ok=True)
