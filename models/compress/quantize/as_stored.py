"""Trained with weights of few bits: what is stored is learned, what is computed stays fp32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch.nn.utils import parametrize

from ....compile.errors import unknown_name
from ....compile.progress import Progress, silent
from ....compile.quantizing.floating import Floating
from ....compile.quantizing.weights import filter_axes
from ....compile.quantizing.weights_only import require_form, store_weights
from ....compile.storing.integers import INTEGERS
from ...training.schedule import Epoch
from ..graph_module import GraphModule
from ..judge_trained import accuracy_of
from .put import put_values
from .stored_weight import OnLevels
from .training import Trained, Training, read_subject, train_learner, training_to

_FORMS = {one.name: one for one in INTEGERS}


@dataclass(frozen=True)
class Stored:
    """`network` computes in fp32 with weights that lie on their levels; `start` is the file without training.

    weights  by the name of their initializer in the fp32 graph
    """

    start: Any
    coverage: str
    network: GraphModule
    weights: Mapping[str, OnLevels]

    def written(self) -> Any:
        """A copy of the file (onnx.ModelProto) with the levels and scales as they are now."""
        found = {name: values for name, values in self.network.arrays().items() if name not in self.weights}
        parameters = dict(self.network.named_parameters())
        for name, one in self.weights.items():
            place = self.network.parameter_names.index(name)
            levels, scales = one.stored(parameters[f"weights.parametrizations.{place}.original"])
            found |= {f"{name}.levels": levels, f"{name}.scales": scales}
        return put_values(self.start, found)


def simulate_stored(floating: Floating, form: str, group: int | None) -> Stored:
    """The fp32 network of `floating`, which stays as it is, with weights in `form`, a name of `INTEGERS`.

    Raises as `store_weights`.
    """
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(floating.graph)
    start = store_weights(replace(floating, graph=copy), form, group)
    there = {one.name for one in start.graph.graph.initializer}
    network, weights = GraphModule(floating.graph), {}
    for name, (values, axis) in filter_axes(floating.graph).items():
        if f"{name}.levels" in there:
            weights[name] = OnLevels(values, axis, _FORMS[form], group or _FORMS[form].group)
            place = str(network.parameter_names.index(name))
            parametrize.register_parametrization(network.weights, place, weights[name])
    return Stored(start.graph, start.coverage, network, weights)


def train_stored(
    model: str,
    output: Path,
    form: str,
    training: Training,
    group: int | None = None,
    *,
    weights: str | Path | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    progress: Progress = silent,
) -> Trained:
    """Train a zoo model with its weights in `form` (int8, int4 or int2), and write that to `output`, an ONNX file.

    `group` is how many weights of a filter share a scale (None: as suits the form); the scales are learned (LSQ).
    Otherwise as `train_quantized`.
    """
    if form not in _FORMS:
        raise unknown_name("form of weights that can be trained", form, _FORMS)
    require_form(form, group)
    training = replace(training, learned_step=True)
    with training_to(output, training) as write:
        subject = read_subject(model, weights, progress=progress)
        learner = simulate_stored(subject.floating, form, group)
        done = train_learner(
            learner,
            learner.coverage,
            subject,
            training,
            output,
            settings={"weights": form, "group": group},
            before=accuracy_of(learner.network, subject.zoo)()["accuracy"],
            on_epoch=on_epoch,
            progress=progress,
        )
        write(done)
    return done
