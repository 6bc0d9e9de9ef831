"""Ask an engine's process for its accuracy on a data set, and compare its answers with the fp32 network's."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..evaluating.choose import Plan
from ..progress import Progress
from .measurement import Accuracy
from .place import EngineProcess


@dataclass(frozen=True)
class _Scored:
    """An accuracy, the answer to each picture where these are texts, and the network's first outputs."""

    accuracy: Accuracy
    answers: Sequence[str]
    outputs: np.ndarray


def accuracies_of(
    children: Sequence[EngineProcess], plan: Plan, model: str, progress: Progress
) -> dict[str, Accuracy | None]:
    """By engine.  Beside torch, which has the author's model, the others' answers that differ from its are counted."""
    scored = {child.job.engine: _score(child, plan, model, progress) for child in children}
    theirs = scored.get("torch")
    return {
        engine: one.accuracy if theirs is None or one is theirs else _beside(one, theirs)
        for engine, one in scored.items()
    }


def accuracy_of(
    child: EngineProcess, plan: Plan, model: str, progress: Progress, floating: EngineProcess | None = None
) -> Accuracy:
    """Run all of the plan's data through `child`, and, where it is given, through the fp32 network's process.

    Raises what the child raises.
    """
    ours = _score(child, plan, model, progress)
    return ours.accuracy if floating is None else _beside(ours, _score(floating, plan, model, progress))


def _score(child: EngineProcess, plan: Plan, model: str, progress: Progress) -> _Scored:
    data = plan.data
    stage = f"{model}: {child.job.engine} on {data.name}/{data.part}"
    progress(stage, 0, len(data))
    with tempfile.TemporaryDirectory(prefix="tilewright-score-") as folder:
        outputs = Path(folder) / "outputs.npy"
        score = child.score(
            lambda done: progress(stage, done, len(data)),
            data=data.name,
            part=data.part,
            limit=len(data),
            metric=data.metric,
            preprocess=plan.preprocess.to_json(),
            postprocess=plan.postprocess.to_json(),
            outputs=str(outputs),
        )
        first = np.load(outputs, allow_pickle=False)
    answers = score.pop("answers")
    return _Scored(Accuracy(data.metric, n=len(data), data=f"{data.name}/{data.part}", **score), answers, first)


def _beside(ours: _Scored, theirs: _Scored) -> Accuracy:
    """Our accuracy with the flipped answers and the errors against theirs."""
    accuracy = ours.accuracy
    if ours.answers and len(ours.answers) == len(theirs.answers):
        flipped = sum(one != other for one, other in zip(ours.answers, theirs.answers, strict=True))
        accuracy = replace(accuracy, counts={**accuracy.counts, "flipped": flipped})
    if ours.outputs.shape != theirs.outputs.shape:
        return accuracy
    wanted = theirs.outputs.astype(np.float64)
    error, size = float(np.square(ours.outputs - wanted).mean()), float(np.square(wanted).mean())
    return replace(accuracy, squared_error=error, relative_error=error / size if size else None)
