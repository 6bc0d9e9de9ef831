"""Ask an engine's process for its accuracy on a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..evaluating.choose import Plan
from ..progress import Progress
from .child import Child
from .measurement import Accuracy


def accuracies_of(children: Sequence[Child], plan: Plan, model: str, progress: Progress) -> dict[str, Accuracy | None]:
    """By engine.  Beside torch, which has the author's model, the others' answers that differ from its are counted."""
    scored = {child.job.engine: _score(child, plan, model, progress) for child in children}
    theirs = scored["torch"][1] if "torch" in scored else ()
    return {
        engine: _with_flips(accuracy, answers, theirs) if engine != "torch" else accuracy
        for engine, (accuracy, answers) in scored.items()
    }


def accuracy_of(child: Child, plan: Plan, model: str, progress: Progress) -> Accuracy:
    """Run all of the plan's data through `child`.  Raises what the child raises."""
    return _score(child, plan, model, progress)[0]


def _score(child: Child, plan: Plan, model: str, progress: Progress) -> tuple[Accuracy, Sequence[str]]:
    data = plan.data
    stage = f"{model}: {child.job.engine} on {data.name}/{data.part}"
    progress(stage, 0, len(data))
    score = child.ask(
        "score",
        lambda done: progress(stage, done, len(data)),
        data=data.name,
        part=data.part,
        limit=len(data),
        preprocess=plan.preprocess.to_json(),
        postprocess=plan.postprocess.to_json(),
    )
    answers = score.pop("answers")
    return Accuracy(data.metric, n=len(data), data=f"{data.name}/{data.part}", **score), answers


def _with_flips(accuracy: Accuracy, answers: Sequence[str], theirs: Sequence[str]) -> Accuracy:
    if not answers or len(answers) != len(theirs):
        return accuracy
    flipped = sum(one != other for one, other in zip(answers, theirs, strict=True))
    return replace(accuracy, counts={**accuracy.counts, "flipped": flipped})
