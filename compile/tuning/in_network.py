"""Time every candidate of every layer where it will run: inside its network.

A kernel timed alone finds its weights in a cache, in a network it does not; which of two algorithms wins depends on
that.  So the network is built as often as its layer with the most candidates has candidates, each time with another
one everywhere, and all its layers are timed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..importing import ImportedModel
from ..progress import Progress, silent
from ..targets import Target
from .budget import Budget
from .choose import require_choice
from .for_network import for_network
from .log import append, read_log
from .network_watch import count_in
from .rounds import Rounds
from .transfer import Experience
from .waiting import Waiting, cpu_that_counts
from .watch import Watch

# Fused or not, and the share of the time left: a fused layer and those it is made of cannot be timed in one network.
_PASSES = ((False, 0.7), (True, 1.0), (False, 1.0))


def tune_in_network(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    watch: Watch,
    budget: Budget | None = None,
    progress: Progress = silent,
    transfer: bool = True,
) -> int:
    """Measure what `logs` does not have yet, and append it there; returns how many candidates were tried.

    `watch` has the tasks of `networks` (network_watch.py); with `transfer` what is known of like layers orders trials.

    The next round is always of the network that has the most time to win for each second that a round takes; at first,
    while that is not known, of the one that has the most to compute.
    It can be stopped at any time and goes on where it was.  Raises TilewrightError for a target without a machine
    description.
    """
    require_choice(target, logs)
    budget = budget or Budget.starting_now()
    count, experience, cut = 0, Experience(target if transfer else None), False
    cpu = cpu_that_counts(target)
    for fused, share in _PASSES:
        if share == 1.0 and not fused and not cut:
            break
        part = budget.part(share)
        known, waiting = require_choice(target, logs), Waiting(read_log(target.name, logs), cpu, "network")
        all_rounds = [
            Rounds(network, target, threads, for_network(known, network, target), waiting, fused, experience)
            for network in networks
        ]
        while any(one.left for one in all_rounds) and part.left(count):
            one = max((one for one in all_rounds if one.left), key=lambda one: (one.worth, one.macs))
            progress(f"{one.name}: {'fused ' if fused else ''}round", one.done, one.done + one.left)
            entries = one.measure()
            append(entries, logs)
            for entry in entries:
                waiting.note(entry)
            count_in(watch, entries)
            count += len({(entry.layer, entry.candidate) for entry in entries})  # whatever the thread counts
        for one in all_rounds:
            append(one.marks(), logs)
        cut = cut or any(one.left for one in all_rounds)
    return count
