"""Ask an engine's process for its accuracy on a data set."""

from __future__ import annotations

from ..evaluating.choose import Plan
from ..progress import Progress
from .child import Child
from .measurement import Accuracy


def accuracy_of(child: Child, plan: Plan, model: str, progress: Progress) -> Accuracy:
    """Run all of the plan's data through `child`.  Raises what the child raises."""
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
    return Accuracy(data.metric, n=len(data), data=f"{data.name}/{data.part}", **score)
