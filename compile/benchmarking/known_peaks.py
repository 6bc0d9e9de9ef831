"""The machine's peaks, measured once and kept in the store: a profile need not wait for them each time."""

from __future__ import annotations

from dataclasses import asdict

from ..cpu import host_cpu
from ..store import Store
from ..targets import resolve
from .peaks import Peaks, measure_peaks


def remember_peaks(target: str, threads: int) -> Peaks:
    """Measure now (about 6 s), and keep the result for `known_peaks`."""
    peaks = measure_peaks(target, threads)
    Store().put_peaks(host_cpu().model, peaks.target, threads, asdict(peaks))
    return peaks


def known_peaks(target: str, threads: int) -> Peaks:
    """What `tilewright doctor` or an earlier call measured on this kind of CPU; measured now if nothing was."""
    kept = Store().get_peaks(host_cpu().model, resolve(target).name, threads)
    return Peaks(**kept) if kept else remember_peaks(target, threads)
