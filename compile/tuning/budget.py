"""How long a tuning run may take: time, trials, or both."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from ..errors import TilewrightError

_UNITS = {"s": 1, "m": 60, "h": 3600}
_END, _END_SECONDS = 0.2, 120.0  # of the time left, and at most for each network: checked answers, builds, turns


@dataclass(frozen=True)
class Budget:
    """`seconds` from `began` on, and `trials`: candidates of a layer; None is no limit."""

    seconds: float | None = None
    trials: int | None = None
    began: float = 0.0

    @classmethod
    def starting_now(cls, seconds: float | None = None, trials: int | None = None) -> Budget:
        """From this moment on."""
        return cls(seconds, trials, time.monotonic())

    def left(self, trials: int) -> bool:
        """Whether there is anything left after so many trials."""
        return (self.seconds is None or self.seconds_left > 0) and (self.trials is None or trials < self.trials)

    def less(self, trials: int) -> Budget:
        """What is left after so many trials."""
        return self if self.trials is None else replace(self, trials=max(0, self.trials - trials))

    def part(self, share: float) -> Budget:
        """The same trials, and so much of the time that is left."""
        if self.seconds is None:
            return self
        return replace(self, seconds=self.seconds - (1 - share) * max(0.0, self.seconds_left))

    def before_the_end(self, networks: int) -> Budget:
        """Without the time for what comes after the last trial: whether that was right, and worth it."""
        return self if self.seconds is None else self.part(1 - min(_END, networks * _END_SECONDS / self.seconds))

    @property
    def seconds_left(self) -> float:
        """Infinite without a limit."""
        return float("inf") if self.seconds is None else self.began + self.seconds - time.monotonic()


def parse_duration(text: str, option: str) -> float:
    """Seconds of "90", "90s", "20m", "1.5h" or "1h30m".  Raises TilewrightError for anything else."""
    found = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", text)
    seconds = sum(float(number) * _UNITS[unit or "s"] for number, unit in found)
    if "".join(number + unit for number, unit in found) != text or seconds <= 0:
        raise TilewrightError(f"{option} {text!r}: write a time such as 90s, 20m or 1h30m")
    return seconds
