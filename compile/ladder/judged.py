"""The accuracy of a network on a rung: it is built with its weights, and reads the pictures."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from ...schedules.machines import Machine
from ..benchmarking.child import Child
from ..benchmarking.engines import Job
from ..benchmarking.measurement import Accuracy
from ..benchmarking.scoring import accuracy_of
from ..building import build
from ..building.manifest_of import manifest_of
from ..bundle.manifest import write_manifest
from ..bundle.write import write_params
from ..evaluating.choose import Plan
from ..importing import ImportedModel
from ..progress import Progress
from ..targets import Target
from ..tensor_spec import random_inputs
from .rungs import Rung


def accuracy_on(
    rung: Rung, imported: ImportedModel, target: Target, machine: Machine, threads: int, plan: Plan, progress: Progress
) -> Accuracy:
    """Of all the plan's pictures, in batches of the network's own; the Bundle is thrown away."""
    with tempfile.TemporaryDirectory(prefix="tilewright-rung-") as place:
        folder, inputs = Path(place), Path(place) / "inputs.npz"
        built = build(imported, target, folder, rung.choose, machine, rung.fused)
        write_params(imported.params, folder)
        write_manifest(manifest_of(imported, built, target, folder, recipe={}, choose=None), folder)
        np.savez(inputs, **random_inputs(imported.inputs))  # pyright: ignore[reportArgumentType]
        with Child(Job("tvm", str(folder), threads), inputs) as child:
            return accuracy_of(child, plan, f"{imported.source.name}: {rung.name}", progress)
