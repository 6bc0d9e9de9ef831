"""What tests of compression share."""

from dataclasses import replace

import pytest
from tilewright.models.compress.prune import run


@pytest.fixture
def few_digits(monkeypatch):
    """Pruned networks of digits are trained on 6,000 of the 54,000: how far they get is not the point."""
    whole = run.fine_tuning_task

    def fewer(zoo):
        task = whole(zoo)
        return replace(task, images=task.images[:6000], truths=task.truths[:6000])

    monkeypatch.setattr(run, "fine_tuning_task", fewer)
