"""What networks that learn as their quantized form learn on here."""

import numpy as np
import pytest
import torch
from tilewright.compile.onnx_reference import OnnxReference
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


@pytest.fixture
def after_steps():
    """Trains a simulated LeNet5 for six steps -> its answers, and ONNX Runtime's by the file that it gives then."""

    def train(simulated):
        torch.manual_seed(0)
        images, classes = torch.randn(16, 1, 28, 28), torch.randint(0, 10, (16,))
        optimizer = torch.optim.SGD(simulated.network.parameters(), lr=0.01)
        losses = []
        for _ in range(6):
            loss = torch.nn.functional.cross_entropy(simulated.network(images), classes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < losses[0]
        assert all(one.grad is not None for one in simulated.network.parameters())
        reference = OnnxReference(simulated.written().SerializeToString(), threads=1)
        with torch.no_grad():
            ours = simulated.network(images).numpy()
        return ours, np.concatenate([reference.run({"input": one[None]})["output"] for one in images.numpy()])

    return train
