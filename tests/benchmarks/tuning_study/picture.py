"""A study drawn: latency against trials on the left, against minutes on the right; below, the same near the best."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curves import Curve, Study

_MOST = 0.9  # of what the best of all tuners gains
_MARGIN = 0.2  # of what tuning gains, around the lower row


def draw(study: Study, to: Path) -> None:
    """Write the picture into the folder `to`."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(2, 2, figsize=(11, 7), sharex="col", sharey="row")
    for axes in rows.flat:
        axes.axhline(study.default, color="grey", linestyle=":", label="our kernels' defaults")
    for one in study.curves:
        for by_trials, by_minutes in rows:
            by_trials.step(range(1, len(one.milliseconds) + 1), one.milliseconds, where="post", label=one.tuner)
            by_minutes.step(one.minutes, one.milliseconds, where="post")
    _label(study, rows)
    figure.tight_layout()
    figure.savefig(to / f"tuning-{study.model}-{study.target}.png", dpi=110)
    plt.close(figure)


def _label(study: Study, rows: Any) -> None:
    (all_tuners, _), (nearest, _) = rows
    clock = "modelled ms" if study.target.startswith("rpi") else "ms"
    title = f"{study.model}, {study.target}"
    all_tuners.set(yscale="log", ylabel=f"{clock}, what the layers add up to", title=title)
    for write in (all_tuners.yaxis.set_major_formatter, all_tuners.yaxis.set_minor_formatter):
        write("{x:g}")
    best = _best(study)
    margin = _MARGIN * (study.default - best)
    nearest.set(ylim=(best - margin, study.default + 2 * margin), ylabel="the same, near the best")
    for axes, what in zip(rows[1], ("trials", "minutes"), strict=True):
        axes.set_xlabel(what)
    all_tuners.legend(fontsize="small")


def summary(study: Study) -> str:
    """A line for the defaults, and one for each tuner."""
    enough = study.default - _MOST * (study.default - _best(study))
    head = f"{study.model} {study.target}"
    lines = [f"{head}: {study.default:.4g} ms by our kernels' defaults"]
    return "\n".join([*lines, *(f"{head} {one.tuner}: {_summary(one, enough)}" for one in study.curves)])


def _summary(one: Curve, enough: float) -> str:
    """The last latency, and when most of the gain was there to stay."""
    text = f"{one.milliseconds[-1]:.4g} ms after {len(one.minutes)} trials, {one.minutes[-1]:.1f} minutes"
    missing = [at for at, milliseconds in enumerate(one.milliseconds) if milliseconds > enough]
    since = missing[-1] + 1 if missing else 0
    if since == len(one.minutes):
        return text
    return f"{text}; {_MOST:.0%} of the gain after {since + 1} trials, {one.minutes[since]:.1f} minutes"


def _best(study: Study) -> float:
    return min(study.default, *(one.milliseconds[-1] for one in study.curves))
