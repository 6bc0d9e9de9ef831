"""The first few candidates of a layer, measured again in turns: no record wins by a quiet moment.

Rounds of tuning lie minutes apart, and a machine is not the same for minutes.  So those that came near the best, and
schedules of MetaSchedule's that did well alone, are built into the network and take turns, A B C A B C; a choice goes
by the fastest time on record of each, and who is slow drops out (race.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...schedules import machines
from ...schedules.layers import ExpandedDepthwise, to_key
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from .budget import Budget
from .choice import RecordedChoice
from .choose import choice_of
from .for_network import for_network
from .log import Log, append, read_log
from .network_timer import NetworkTimer, records_of
from .race import TURNS, Race
from .rounds import choosing
from .tasks import layers_of
from .waiting import cpu_that_counts

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer

_NEAR = 1.1  # times what the best takes in the network, for a challenger alone
_CHALLENGERS = 2  # of a layer
_LEAST_BUILDS = 2  # of the network: each layer's best, and the next


def play_off(
    networks: Sequence[ImportedModel],
    target: Target,
    threads: Sequence[int],
    logs: Path,
    budget: Budget,
    progress: Progress,
) -> int:
    """Measure again what is not settled; returns how many measurements came in."""
    count = 0
    for fused in (False, True):
        for network in networks:
            came_in = 1
            while came_in and budget.left(0):  # it ends: who was measured often enough is no contender any more
                log = read_log(target.name, logs)
                known = for_network(choice_of(log, machines.get(str(target.machine))), network, target)
                contested = _contested(network, target, threads, known, log, fused)
                if not contested:
                    break
                progress(f"{network.source.name}: the nearest of {len(contested)} layers take turns")
                came_in = _take_turns(network, target, threads, logs, contested, known, budget)
                count += came_in
    return count


def _take_turns(
    network: ImportedModel,
    target: Target,
    threads: Sequence[int],
    logs: Path,
    contested: dict[Layer, list[Candidate]],
    known: RecordedChoice,
    budget: Budget,
) -> int:
    fused = any(isinstance(layer, ExpandedDepthwise) for layer in contested)
    rounds = max(map(len, contested.values()))
    timers: list[NetworkTimer] = []
    for number in range(rounds):
        if len(timers) >= _LEAST_BUILDS and not budget.left(0):  # six of a large network take minutes
            break
        turn = {layer: one[number % len(one)] for layer, one in contested.items()}
        timers.append(NetworkTimer(network, target, choosing(known, turn, fused)))
    keys, count = set(map(to_key, contested)), 0
    for turn in range(TURNS):
        if turn and not budget.left(0):
            break
        for timer in timers:
            found = records_of(timer, network.source.name, target, threads)
            ours = [one for one in found if one.layer in keys]
            append(ours, logs)
            count += len(ours)
    return count


def _contested(
    network: ImportedModel,
    target: Target,
    threads: Sequence[int],
    known: RecordedChoice,
    log: Log,
    fused: bool,
) -> dict[Layer, list[Candidate]]:
    """The contenders of each layer for which that is not settled."""
    its = log.of_cpu(cpu_that_counts(target)).taken_in(network.source.name)
    race = Race(known, its, threads)
    alone = RecordedChoice([one for one in log.records if one.place == "alone"], known.machine)
    found = {}
    for layer in layers_of(network, target, known, fused):
        if fused == isinstance(layer, ExpandedDepthwise):
            contenders = race.contenders(layer, _challengers(layer, known, alone))
            if contenders:
                found[layer] = contenders
    return found


def _challengers(layer: Layer, known: RecordedChoice, alone: RecordedChoice) -> list[Candidate]:
    """Those that took alone hardly more than the layer's best does in the network."""
    ranked = known.ranked(layer)
    limit = _NEAR * known.mean_microseconds(layer, ranked[0]) if ranked else 0.0
    return [one for one in alone.ranked(layer) if alone.mean_microseconds(layer, one) <= limit][:_CHALLENGERS]
