"""What a training run leaves: weights, and a log with one line an epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ...compile.files import replacing


def write_weights(network: nn.Module, out: Path, half: bool = True, metadata: Mapping[str, str] | None = None) -> None:
    """Write the state dict as safetensors, weights of two axes and more in fp16 (`half`): half the size.
    `metadata` goes into the file's head.

    The network then has the rounded weights too, so that it answers as whoever loads the file.
    Raises TilewrightError when `out` cannot be written.
    """
    from safetensors.torch import save

    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    if half:
        state = {key: value.half() if value.dim() > 1 else value for key, value in state.items()}
        network.load_state_dict(state)
    with replacing(out) as beside:
        beside.write_bytes(save(state, dict(metadata or {})))


def write_log(log: list[dict[str, Any]], out: Path) -> None:
    """Write `.log.jsonl` beside `out`.  Raises TilewrightError when it cannot be written."""
    with replacing(out.with_suffix(".log.jsonl")) as beside:
        beside.write_text("".join(json.dumps(line) + "\n" for line in log), encoding="utf-8")
