"""Time every candidate of every layer where it will run: inside its network.

A kernel timed alone finds its weights in a cache, in a network it does not; which of two algorithms wins depends on
that.  So the network is built as often as its layer with the most candidates has candidates, each time with another
one everywhere, and all its layers are timed at once.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ...schedules.layers import ExpandedDepthwise, to_key
from ..benchmarking.limits import require_runnable
from ..building.freeze_layout import Choose, freeze_layout
from ..building.half_arithmetic import module_for
from ..building.kernels import describe_kernels
from ..cpu import host_cpu
from ..importing import ImportedModel
from ..progress import Progress, silent
from ..targets import Target
from ..tvm_stack import TVM_VERSION
from .choice import RecordedChoice, require_choice
from .log import append
from .network_timer import NetworkTimer
from .record import Record

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer


def tune_in_network(
    imported: ImportedModel, target: Target, threads: Sequence[int], logs: Path, progress: Progress = silent
) -> int:
    """Measure what `logs` does not have yet, and append it there; returns how many records came in.

    It can be stopped at any time and goes on where it was.  Raises TilewrightError for a target without a machine
    description, or one whose code this CPU cannot run.
    """
    require_choice(target, logs)
    require_runnable(target.name)
    count = 0
    for fused in (False, True):  # a fused layer and the layers it is made of cannot be timed in one network
        known = require_choice(target, logs)
        waiting = _waiting(imported, target, known, threads, fused)
        rounds = max(map(len, waiting.values()), default=0)
        for number, chosen in enumerate(_rounds(waiting)):
            progress(f"{imported.source.name}: {'fused ' if fused else ''}round", number, rounds)

            def choose(
                layer: Layer, chosen: dict[str, Candidate] = chosen, known: Choose = known, fused: bool = fused
            ) -> Candidate | None:
                if isinstance(layer, ExpandedDepthwise) and not fused:
                    return None
                return chosen.get(to_key(layer)) or known(layer)

            fresh = [one for one in _measure(imported, target, choose, threads) if one.layer in chosen]
            append(fresh, logs)
            count += len(fresh)
    return count


def _waiting(
    imported: ImportedModel, target: Target, known: RecordedChoice, threads: Sequence[int], fused: bool
) -> dict[str, list[Candidate]]:
    """Each layer's candidates that are not on record yet for all of `threads`."""
    from ...schedules.kernels import candidates

    waiting: dict[str, list[Candidate]] = {}

    def note(layer: Layer) -> Candidate | None:
        if isinstance(layer, ExpandedDepthwise) and not fused:
            return None
        all_of_them = list(candidates(layer, known.machine))
        waiting[to_key(layer)] = [
            one
            for one in all_of_them
            if len(all_of_them) > 1 and any(known.microseconds(layer, one, count) is None for count in threads)
        ]
        return all_of_them[0] if all_of_them else None

    freeze_layout(module_for(imported, target), target, len(imported.inputs), note)
    return {key: left for key, left in waiting.items() if left}


def _rounds(waiting: dict[str, list[Candidate]]) -> Iterator[dict[str, Candidate]]:
    for number in range(max(map(len, waiting.values()), default=0)):
        yield {key: left[number] for key, left in waiting.items() if number < len(left)}


def _measure(imported: ImportedModel, target: Target, choose: Any, threads: Sequence[int]) -> list[Record]:
    """Build the network with the choices made, and time its layers."""
    timer = NetworkTimer(imported, target, choose)
    kernels = {kernel.name: kernel.schedule for kernel in describe_kernels(timer.library.function_metadata)}
    records = []
    for count in threads:
        times: dict[str, list[float]] = defaultdict(list)
        for name, microseconds in timer.profile(count):
            if kernels.get(name) is not None:
                times[json.dumps(kernels[name])].append(microseconds)
        for text, taken in times.items():
            schedule = json.loads(text)
            records.append(
                Record(
                    layer=schedule["layer"],
                    target=target.name,
                    tvm=TVM_VERSION,
                    kernel=schedule["kernel"],
                    config=schedule["config"],
                    threads=count,
                    microseconds=round(median(taken), 2),
                    cpu=host_cpu().model,
                    model=imported.source.name,
                )
            )
    return records
