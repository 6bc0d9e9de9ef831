"""What a weights file says of its network beside the weights: what was taken out of it, or apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from .factorize.ranks import put_in
from .prune.fit_shapes import fit_shapes

_OURS = "tilewright."
PRUNED = f"{_OURS}pruned"  # the recipe
FACTORIZED = f"{_OURS}factorized"  # {"form": one of FORMS, "ranks": {layer: rank}}


def read_metadata(path: Path) -> dict[str, str]:
    """Ours in the head of a safetensors file; nothing where it has none, or is none."""
    if path.suffix != ".safetensors" or not path.is_file():
        return {}
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {key: value for key, value in (file.metadata() or {}).items() if key.startswith(_OURS)}
    except SafetensorError:
        return {}  # whoever reads the tensors says what is wrong with it


def restructure(network: nn.Module, metadata: Mapping[str, str], state: Mapping[str, torch.Tensor]) -> None:
    """Give `network`, as the zoo has it, the layers and channels that `state` is for."""
    if FACTORIZED in metadata:
        made = json.loads(metadata[FACTORIZED])
        put_in(network, made["form"], made["ranks"], fill=False)
    if metadata:
        fit_shapes(network, state)
