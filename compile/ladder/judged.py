"""The accuracy of a network on a rung: it is built with its weights, and reads the pictures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...schedules.machines import Machine
from ..benchmarking.measurement import Accuracy
from ..building import build
from ..building.manifest_of import manifest_of
from ..bundle.load import Bundle, load_bundle
from ..bundle.manifest import write_manifest
from ..bundle.write import write_params
from ..evaluating.choose import Plan
from ..evaluating.score_data import score_data
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from ..tvm_stack import in_pool_of
from .rungs import Rung


def accuracy_on(
    rung: Rung, imported: ImportedModel, target: Target, machine: Machine, threads: int, plan: Plan, progress: Progress
) -> Accuracy:
    """Of all the plan's pictures, in batches of the network's own; the Bundle is thrown away."""
    stage, pictures = f"{imported.source.name}: {rung.name} on {plan.data.name}/{plan.data.part}", len(plan.data)
    with tempfile.TemporaryDirectory(prefix="tilewright-rung-") as place:
        folder = Path(place)
        built = build(imported, target, folder, rung.choose, machine, rung.fused)
        write_params(imported.params, folder)
        write_manifest(manifest_of(imported, built, target, folder, recipe={}, choose=None), folder)
        return in_pool_of(
            threads, lambda: _judge(load_bundle(folder), plan, lambda done: progress(stage, done, pictures))
        )


def _judge(bundle: Bundle, plan: Plan, on_done: Callable[[int], None]) -> Accuracy:
    (given,), data = bundle.manifest.inputs, plan.data

    def first_output(tensor: np.ndarray) -> np.ndarray:
        return bundle.run({given.name: tensor})[bundle.manifest.outputs[0].name]

    score = score_data(first_output, data, plan.preprocess, plan.postprocess, given.shape[0], on_done)
    return Accuracy(data.metric, score.value, len(data), f"{data.name}/{data.part}", score.counts, score.classes)
