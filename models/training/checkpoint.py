"""A training run on disk: everything it needs to go on after a kill as if nothing had happened."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...compile.errors import TilewrightError
from ...compile.files import replacing


def save_checkpoint(path: Path, schedule: dict[str, Any], parts: Mapping[str, Any], log: list[dict[str, Any]]) -> None:
    """Write the state dicts of `parts`, the schedule they belong to and the log so far.

    Raises TilewrightError when `path` cannot be written.
    """
    write_state(path, {"schedule": schedule, "log": log, **{name: part.state_dict() for name, part in parts.items()}})


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write tensors and plain values.  Raises TilewrightError when `path` cannot be written."""
    buffer = io.BytesIO()  # torch's own writer reports a full disk in its own way
    torch.save(dict(state), buffer)
    with replacing(path) as beside:
        beside.write_bytes(buffer.getvalue())


def same_run(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether their settings are alike, but for bfloat16: that is the machine's, and a run may go on on another."""
    left, right = ({name: value for name, value in run.items() if name != "bfloat16"} for run in (one, other))
    return left == right


def other_settings(path: Path) -> TilewrightError:
    """The error for a file that another run left."""
    return TilewrightError(f"{path} is of a run with other settings: delete it, or name those")


def load_checkpoint(path: Path, schedule: dict[str, Any], parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fill `parts` from `path` and return the log; an empty one where there is no checkpoint.

    Raises TilewrightError when it is of a run with another schedule or network, or damaged.
    """
    if not path.exists():
        return []
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not same_run(state["schedule"], schedule):
            raise other_settings(path)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        return state["log"]
    except TilewrightError:
        raise
    except Exception:  # a damaged file makes the parser raise almost anything
        raise TilewrightError(f"{path} is damaged or of another network: delete it") from None
