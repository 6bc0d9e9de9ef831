"""What can be measured on this machine: refused before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import TilewrightError
from ..targets import resolve
from .place import Here, Place


def default_threads(place: Place) -> int:
    """All cores; one where the clock is modelled."""
    return 1 if place.modelled else place.cpu.cores


def require_cores(threads: Sequence[int], place: Place | None = None) -> None:
    """Threads that share a core spin while they wait for each other: thousands stall the whole machine."""
    place = place or Here()
    cores = default_threads(place)
    if place.modelled and tuple(threads) != (1,):
        raise TilewrightError(
            "a board in a box models the clock of one thread: leave --threads out, or say --threads 1"
        )
    if not all(1 <= count <= cores for count in threads):
        raise TilewrightError(f"--threads {','.join(map(str, threads))}: 1 to {cores} can be used on {place.cpu.model}")


def require_runnable(target: str, place: Place | None = None, *, boards: bool = True) -> None:
    """Raises TilewrightError when the CPU of `place` lacks instructions that code for `target` uses.

    It names the options for `boards` where there are some.
    """
    place = place or Here()
    chosen = resolve(target)
    if missing := chosen.missing_on(place.cpu):
        foreign = boards and isinstance(place, Here) and chosen.architecture != place.cpu.architecture
        elsewhere = ", and a board run it: --board box, --ssh or --rpc" if foreign else ""
        raise TilewrightError(
            f"target {target} cannot be measured on {place.cpu.model}, which has no {', '.join(missing)}; `tilewright "
            f"compile` can build for it{elsewhere}"
        )
