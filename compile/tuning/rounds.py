"""The rounds of one network: in each it is built with another candidate for every layer that has some left."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...schedules.layers import ExpandedDepthwise, to_key
from ..building.freeze_layout import Choose
from ..building.frozen_network import frozen_network
from ..errors import CheckFailed, TilewrightError, last_line
from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import TVM_VERSION
from .choice import RecordedChoice
from .network_timer import NetworkTimer, records_of
from .record import Failure, Record
from .transfer import Experience
from .waiting import Waiting

if TYPE_CHECKING:
    from ...schedules.kernels import Candidate
    from ...schedules.layers import Layer


class Rounds:
    """The rounds of one network: in each, another candidate for every layer that has some left."""

    def __init__(
        self,
        network: ImportedModel,
        target: Target,
        threads: Sequence[int],
        known: RecordedChoice,
        waiting: Waiting,
        fused: bool,
        experience: Experience,
    ) -> None:
        self.name, self.macs, self.done = network.source.name, network.macs, 0
        self._network, self._target, self._threads = network, target, threads
        self._known, self._waiting, self._fused = known, waiting, fused
        self._candidates = [(layer, _in_order(layer, all_, experience)) for layer, all_ in self._all_candidates()]
        self._microseconds: dict[Layer, float] = {}
        self._round_seconds = 1.0

    @property
    def left(self) -> int:
        """How many rounds there are still to come."""
        return max((len(left) for left in self._left().values()), default=0)

    @property
    def worth(self) -> float:
        """Microseconds that layers with candidates left take, for each second of a round; infinite before the first."""
        if not self._microseconds:
            return float("inf")
        return sum(self._microseconds.get(layer, 0.0) for layer in self._left()) / self._round_seconds

    def measure(self) -> list[Record | Failure]:
        """The next round's records, and failures of candidates that cannot be built."""
        began = time.monotonic()
        chosen = {layer: left[0] for layer, left in self._left().items()}
        entries = self._measured(chosen)
        self.done, self._round_seconds = self.done + 1, time.monotonic() - began
        return entries

    def marks(self) -> list[Any]:
        """Of layers all of whose candidates are on record."""
        each = (
            self._waiting.marks(layer, [all_], self._threads, self._target.name) for layer, all_ in self._candidates
        )
        return [mark for marks in each for mark in marks]

    def _left(self) -> dict[Layer, list[Candidate]]:
        left = {layer: self._waiting.left(layer, [all_], self._threads) for layer, all_ in self._candidates}
        return {layer: some for layer, some in left.items() if some}

    def _all_candidates(self) -> list[tuple[Layer, list[Candidate]]]:
        from ...schedules.kernels import candidates

        found: dict[Layer, list[Candidate]] = {}

        def note(layer: Layer) -> Candidate | None:
            if isinstance(layer, ExpandedDepthwise) and not self._fused:
                return None
            if not self._known.on_record(layer):
                return self._known(layer)
            found[layer] = list(candidates(layer, self._known.machine))
            return found[layer][0] if found[layer] else None

        frozen_network(self._network, self._target, note)
        return list(found.items())

    def _measured(self, chosen: dict[Layer, Candidate], whole: bool = True) -> list[Record | Failure]:
        """Where the network cannot be built, halves of the candidates, until the one that is at fault is alone."""
        try:
            found = self._timed(chosen)
        except (TilewrightError, OSError):  # a full disk, say: no candidate's fault
            raise
        except Exception as error:
            if whole or len(chosen) == 1:
                self._require_known()
            if len(chosen) == 1:
                return [self._failure(*next(iter(chosen.items())), error)]
            layers = list(chosen)
            halves = (layers[: len(layers) // 2], layers[len(layers) // 2 :])
            return [one for half in halves for one in self._measured({layer: chosen[layer] for layer in half}, False)]
        keys = {to_key(layer): layer for layer in chosen}
        records = [one for one in found if one.layer in keys]
        for one in records:
            layer = keys[one.layer]
            self._microseconds[layer] = min(one.microseconds, self._microseconds.get(layer, float("inf")))
        return list(records)

    def _timed(self, chosen: Mapping[Layer, Candidate]) -> list[Record]:
        timer = NetworkTimer(self._network, self._target, choosing(self._known, chosen, self._fused))
        return records_of(timer, self.name, self._target, self._threads)

    def _require_known(self) -> None:
        """Raises CheckFailed where the network cannot be built without candidates: then none of them is at fault."""
        try:
            self._timed({})
        except (TilewrightError, OSError):
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {last_line(error)}"
            raise CheckFailed(f"{self.name} cannot be built with what is on record ({said})") from None

    def _failure(self, layer: Layer, one: Candidate, error: Exception) -> Failure:
        at = (to_key(layer), self._target.name, TVM_VERSION, one.kernel.name, one.settings)
        return Failure(*at, "build", last_line(error), "network", "wall")


def choosing(known: Choose, chosen: Mapping[Layer, Candidate], fused: bool) -> Choose:
    """`chosen`, and `known` for all other layers; none for a fused one unless `fused`."""

    def choose(layer: Layer) -> Candidate | None:
        if isinstance(layer, ExpandedDepthwise) and not fused:
            return None
        return chosen.get(layer) or known(layer)

    return choose


def _in_order(layer: Layer, candidates: list[Candidate], experience: Experience) -> list[Candidate]:
    """What a build without records takes, then what did well on like layers and on sibling targets."""
    return [*candidates[:1], *experience.order(layer, candidates[1:])]
