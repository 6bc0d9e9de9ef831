"""What networks that learn as their quantized form learn on here."""

import pytest
from tilewright.models.compress import judge_trained
from tilewright.models.compress.quantize import training
from tilewright.models.training.tasks import Classification, examples
from tilewright.models.zoo import get


@pytest.fixture
def plain_digits(monkeypatch, load_part):
    """Training on 512 digits as they are, judged on 100."""
    zoo, digits = get("lenet5"), load_part("mnist", "train").first(512)
    task = Classification(*examples(zoo, digits, zoo.postprocess.labels), lambda images, truths, *_: (images, truths))
    monkeypatch.setattr(training, "fine_tuning_task", lambda zoo: task)
    monkeypatch.setattr(judge_trained, "_JUDGED", 100)
