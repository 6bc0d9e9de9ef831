"""A meter that tells watts, read again and again by a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ...errors import TilewrightError
from .integration import integrate


class SampledMeter:
    """Joules between `start` and `stop` by the trapezoid rule over what `read_watts` says every `interval` seconds.

    Reading takes power too.  It does so while the idle power is measured as well, and goes off with it.
    """

    def __init__(self, name: str, read_watts: Callable[[], float], interval: float) -> None:
        self.name = name
        self._read_watts = read_watts
        self._interval = interval
        self._samples: list[tuple[float, float]] = []
        self._failure: TilewrightError | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take the first sample, and go on in the background."""
        self._samples, self._failure = [], None
        self._ended.clear()
        self._sample()
        self._thread = threading.Thread(target=self._sample_on, name="power meter", daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Take the last sample and return the joules since `start`.  Raises what reading raised meanwhile."""
        if self._thread is None:
            raise TilewrightError(f"the {self.name} meter was stopped before it was started")
        self._ended.set()
        self._thread.join()
        self._thread = None
        if self._failure is not None:
            raise self._failure
        self._sample()
        times, watts = zip(*self._samples, strict=True)
        return integrate(times, watts)

    def _sample_on(self) -> None:
        try:
            while not self._ended.wait(self._interval):
                self._sample()
        except TilewrightError as error:
            self._failure = error  # for `stop`, in the thread that can do something about it

    def _sample(self) -> None:
        # Reading takes time: the value is of some moment in between.
        before = time.monotonic()
        watts = self._read_watts()
        self._samples.append(((before + time.monotonic()) / 2, watts))
