"""A study's curves beside its picture, so that a tuner can be added to it where the others' logs are gone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

from curves import Curve, Study


def kept_defaults(model: str, target: str, to: Path) -> dict[str, float]:
    """Layer -> microseconds of its default, as the file in `to` has them; none where there is no file."""
    path = _path(model, target, to)
    return json.loads(path.read_text(encoding="utf-8"))["defaults"] if path.exists() else {}


def with_kept(study: Study, to: Path) -> Study:
    """`study`, with the curves that the file in `to` has of other tuners; the file then has all of them."""
    path = _path(study.model, study.target, to)
    kept = json.loads(path.read_text(encoding="utf-8"))["curves"] if path.exists() else []
    curves = {one["tuner"]: Curve(**one) for one in kept} | {one.tuner: one for one in study.curves}
    whole = replace(study, curves=[curves[name] for name in sorted(curves)])
    to.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(whole))) + "\n", encoding="utf-8")
    return whole


def _path(model: str, target: str, to: Path) -> Path:
    return to / f"tuning-{model}-{target}.json"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
