"""How many ranks each convolution keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ....compile.errors import TilewrightError, unknown_name
from .forms import FORMS, Form, can_be_taken_apart


@dataclass(frozen=True)
class Spectra:
    """Layer -> what each of its ranks adds to the squared norm of its weights, for one form."""

    form: Form
    layers: Mapping[str, torch.Tensor]

    def ranks(self, network: nn.Module, energy: float, round_to: int) -> dict[str, int]:
        """Layer -> the least rank, in whole multiples, that keeps `energy` of the norm; none that it makes larger."""
        found = {}
        for name, spectrum in self.layers.items():
            kept = spectrum.cumsum(0) / spectrum.sum()
            rank = min(int((kept < energy).sum()) + 1, len(spectrum))
            if len(spectrum) >= 2 * round_to:
                rank = min(-(-rank // round_to) * round_to, len(spectrum))
            conv: Any = network.get_submodule(name)
            with torch.device("meta"):
                parts = self.form.empty(conv, rank)
            if sum(one.numel() for one in parts.parameters()) < sum(one.numel() for one in conv.parameters()):
                found[name] = rank
        return found


def spectra_of(network: nn.Module, form: str, layers: Iterable[str] = ()) -> Spectra:
    """Of all convolutions that can be taken apart, or of `layers`.  Raises TilewrightError for any other."""
    if form not in FORMS:
        raise unknown_name("--form", form, FORMS)
    able: dict[str, Any] = {name: one for name, one in network.named_modules() if can_be_taken_apart(one)}
    for name in layers:
        if name not in able:
            raise unknown_name("convolution that can be taken apart", name, able)
    chosen = {name: able[name] for name in layers} or able
    if not chosen:
        raise TilewrightError("no convolution of this network can be taken apart: all are 1 x 1 or grouped")
    return Spectra(FORMS[form], {name: FORMS[form].spectrum(one.weight.detach()) for name, one in chosen.items()})


def put_in(network: nn.Module, form: str, ranks: Mapping[str, int], fill: bool = True) -> None:
    """Replace the convolutions `ranks` of `network`, in place; without `fill` by ones whose weights are as drawn."""
    for name, rank in ranks.items():
        conv: Any = network.get_submodule(name)
        parts: Any = FORMS[form].empty(conv, rank)
        if fill:
            FORMS[form].fill(parts, conv)
        network.set_submodule(name, parts.train(conv.training))
