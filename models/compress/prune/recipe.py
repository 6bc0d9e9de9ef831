"""What a pruning run is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from ....compile.errors import TilewrightError, unknown_name
from ...training.schedule import Optimizer
from .schedule import SCHEDULES, Shape
from .sensitivity import RATIOS

STRUCTURES = ("channels", "weights", "blocks")
CRITERIA = {
    "channels": ("l1", "l2", "bn-scale", "taylor", "random"),
    "weights": ("l1", "random"),
    "blocks": ("l1", "random"),
}
SCOPES = ("local", "global", "sensitivity")
Start = Literal["fine-tune", "rewind", "random"]
_MOST = 0.99


@dataclass(frozen=True)
class PruneRecipe:
    """How much of a network goes, in which order and how fast.

    structure     "channels", taken out so that the network is smaller; "weights", single ones set to zero; or "blocks"
                  of eight outputs of one input, in dense layers and 1x1 convolutions: kernels skip these (masks.py)
    criterion     what goes first: the least of the weights' norms, of BatchNorm's scales, of what the loss would change
                  by to first order (Molchanov et al. 2019, arXiv:1906.10771), or whatever chance says
    ratio         share of a layer's channels, or weights, that goes
    macs          share of the multiply-accumulates that is left in the end, which then says what the ratio is
    scope         "local": the same share of every layer; "global": the least of the whole network; "sensitivity": as
                  much of each layer as moves the answer alike (sensitivity.py)
    layer_ratios  name of a layer, or of a part of the network (layer1: all of its layers) -> a ratio of its own
    schedule      how the ratio grows over `steps` (schedule.py); after each, `epochs` of fine-tuning
    round_to      channels are kept in multiples of this: a kernel computes whole vectors
    bfloat16      convolve in that type while fine-tuning
    optimizer     and learning_rate, the peak: None for what `fine_tuning_schedule` says of the model
    start         what the weights that are left are trained from (lottery.py)
    """

    structure: str = "channels"
    criterion: str = "l1"
    ratio: float = 0.5
    scope: str = "local"
    layer_ratios: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    schedule: Shape = "one-shot"
    steps: int = 1
    epochs: int = 0
    learning_rate: float | None = None
    round_to: int = 8
    start: Start = "fine-tune"
    seed: int = 0
    macs: float | None = None
    bfloat16: bool = False
    optimizer: Optimizer | None = None

    def __post_init__(self) -> None:
        """Raises TilewrightError for a value that means nothing."""
        _known("--structure", self.structure, STRUCTURES)
        _known("--criterion", self.criterion, CRITERIA[self.structure])
        _known("--scope", self.scope, SCOPES)
        _known("--schedule", self.schedule, get_args(Shape))
        _known("--start", self.start, get_args(Start))
        if self.optimizer is not None:
            _known("--optimizer", self.optimizer, get_args(Optimizer))
        if self.steps > 1 and self.schedule == "one-shot":
            raise TilewrightError(
                f"--steps {self.steps}: one-shot takes all in the first: name --schedule linear, exponential or agp"
            )
        if self.start != "fine-tune" and not self.epochs:
            raise TilewrightError(f"--start {self.start}: the weights are to be trained, so give --epochs")
        if self.structure != "channels" and (self.macs is not None or self.scope == "sensitivity"):
            raise TilewrightError("--macs and --scope sensitivity are for --structure channels")
        if self.structure != "channels" and self.scope == "global" and self.layer_ratios:
            raise TilewrightError("--layer gives a layer a ratio of its own: leave --scope global out")
        if self.scope == "sensitivity" and self.ratio > RATIOS[-1]:
            raise TilewrightError(f"--ratio {self.ratio}: with --scope sensitivity at most {RATIOS[-1]}")
        if self.macs is not None and not 0 < self.macs <= 1:
            raise TilewrightError(f"--macs {self.macs}: give the share that is left, above 0 and at most 1")
        for name, ratio in {"--ratio": self.ratio, **self.layer_ratios}.items():
            if not 0 <= ratio <= _MOST:
                raise TilewrightError(f"{name} {ratio}: give a share between 0 and {_MOST}")

    @property
    def shares(self) -> tuple[float, ...]:
        """Of all that is to go, what is gone after each step."""
        return tuple(SCHEDULES[self.schedule](step / self.steps) for step in range(1, self.steps + 1))

    def own_ratio(self, layer: str) -> float | None:
        """The ratio of the layer itself, or of the innermost part that has one; None where neither has."""
        names = layer.split(".")
        parts = (".".join(names[:end]) for end in range(len(names), 0, -1))
        return next((self.layer_ratios[part] for part in parts if part in self.layer_ratios), None)

    def without_a_layer(self, layers: Iterable[str]) -> list[str]:
        """Those with a ratio of their own that are none of `layers` nor hold any."""
        inside = [f"{layer}." for layer in layers]
        return [name for name in self.layer_ratios if not any(one.startswith(f"{name}.") for one in inside)]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "layer_ratios": dict(self.layer_ratios)}


def _known(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise unknown_name(option, value, known)
