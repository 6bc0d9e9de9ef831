"""A student learns what its teacher answers; the losses are the published ones."""

from functools import partial

import numpy as np
import pytest
import torch
from tilewright.compile.errors import TilewrightError
from tilewright.models.compress.distill import run
from tilewright.models.compress.distill.distilled import Distilled, Teaching
from tilewright.models.loading import load_model
from tilewright.models.training.schedule import Schedule
from tilewright.models.training.tasks import Classification, Foreground
from torch import nn
from torch.nn import functional


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))


@pytest.fixture
def task():
    generator = torch.Generator().manual_seed(0)
    images, classes = torch.randn(32, 1, 6, 6, generator=generator), torch.arange(32) % 3
    return Classification(images, classes, lambda images, truths, done, generator: (images, truths), smoothing=0.0)


def test_the_loss_is_hintons(task):
    student, teacher, temperature = network(1), network(2), 3.0
    inputs, truth = task.batch(torch.arange(8), 1.0, torch.Generator())
    ours, theirs = (one(inputs).detach().numpy().astype(np.float64) for one in (student, teacher))
    soft, target = (np.exp(one / temperature) for one in (ours, theirs))
    soft, target = (one / one.sum(1, keepdims=True) for one in (soft, target))
    divergence = (target * np.log(target / soft)).sum(1).mean()
    hard = float(functional.cross_entropy(student(inputs), truth).detach())
    found, _ = Distilled(task, teacher, Teaching(temperature, share=0.9)).loss(student, inputs, truth)
    assert float(found.detach()) == pytest.approx(0.1 * hard + 0.9 * temperature**2 * divergence, rel=1e-5)


def test_a_teacher_of_the_same_weights_costs_nothing(task):
    inputs, truth = task.batch(torch.arange(8), 1.0, torch.Generator())
    loss, _ = Distilled(task, network(1), Teaching(share=1.0, layers={"1": "1"})).loss(network(1), inputs, truth)
    assert float(loss) == pytest.approx(0, abs=1e-6)


def test_a_teacher_that_does_not_count_is_not_asked(task):
    inputs, truth = task.batch(torch.arange(8), 1.0, torch.Generator())
    cannot_answer = nn.Module()
    loss, _ = Distilled(task, cannot_answer, Teaching(share=0.0)).loss(network(1), inputs, truth)
    assert torch.equal(loss, task.loss(network(1), inputs, truth)[0])


@pytest.mark.parametrize("layers", [{}, {"0": "0"}])
def test_the_student_comes_nearer(task, layers):
    student, teacher = network(1), network(2).eval()
    distilled = Distilled(task, teacher, Teaching(share=1.0, layers=layers))
    optimizer = torch.optim.SGD(student.parameters(), lr=0.02)
    losses = []
    for epoch in range(30):
        inputs, truth = distilled.batch(torch.arange(distilled.count), (epoch + 1) / 30, torch.Generator())
        loss, _ = distilled.loss(student, inputs, truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < 0.8 * losses[0]
    assert all(parameter.grad is None for parameter in teacher.parameters())


@pytest.mark.slow
def test_a_logit_is_a_score_of_two_classes():
    generator = torch.Generator().manual_seed(0)
    images, maps = torch.randn(4, 3, 32, 32, generator=generator), torch.arange(4 * 32 * 32).reshape(4, 32, 32) % 2
    task = Foreground(images, maps, lambda images, truths, done, generator: (images, truths))
    student, teacher = (load_model("unet", "random", seed).module for seed in (1, 2))
    inputs, truth = task.batch(torch.arange(2), 1.0, generator)
    with torch.no_grad():
        found, _ = Distilled(task, teacher, Teaching(temperature=2.0, share=1.0)).loss(student, inputs, truth)
        ours, theirs = (one.logits(inputs).double() / 2.0 for one in (student, teacher))
    share = theirs.sigmoid()
    entropy = torch.nn.functional.binary_cross_entropy(share, share)
    divergence = torch.nn.functional.binary_cross_entropy_with_logits(ours, share) - entropy
    assert float(found) == pytest.approx(4.0 * float(divergence), rel=1e-4)


def test_what_cannot_be_distilled(fails, tmp_path):
    out = tmp_path / "out.safetensors"
    fails("distill", "lenet5", "mobilenetv2-cifar", "-o", out, says="do not see the same pictures")
    fails("distill", "lenet5", "lenet6", "-o", out, says="did you mean lenet5")
    fails("distill", "lenet5", "lenet5", "-o", out, "--layer", "conv9=conv1", says="unknown layer of lenet5 'conv9'")
    fails("distill", "lenet5", "lenet5", "-o", out, "--layer", "conv1", says="write OURS=THEIRS")
    sizes = ("--layer", "layer1=layer3")
    fails("distill", "resnet20", "resnet20", "-o", out, *sizes, says="layer1=layer3: (1, 16, 32, 32) and (1, 64, 8, 8)")
    fails("distill", "vgg16-cifar", "vgg16-cifar", "-o", out, says="a teacher needs trained weights")


def test_killed_while_the_student_is_judged_no_epoch_is_lost(tmp_path, monkeypatch):
    told, judged = [], []

    def killed_at(count):
        def judge():
            judged.append(1)
            if len(judged) == count:
                raise KeyboardInterrupt
            return {"accuracy": 0.5}

        return lambda network, zoo: judge

    small = Classification(torch.rand(8, 1, 28, 28), torch.arange(8) % 10, lambda x, y, done, generator: (x, y))
    monkeypatch.setattr(run, "fine_tuning_task", lambda zoo: small)
    go_on = partial(run.distill, "lenet5", "lenet5", tmp_path / "out.safetensors", Teaching(), Schedule(2))
    monkeypatch.setattr(run, "accuracy_of", killed_at(3))  # before, the teacher, after
    with pytest.raises(KeyboardInterrupt):
        go_on(on_epoch=told.append)
    assert [epoch.epoch for epoch in told] == [1, 2]
    with pytest.raises(TilewrightError, match="is of a run with other settings"):
        run.distill("lenet5", "lenet5", tmp_path / "out.safetensors", Teaching(temperature=2.0), Schedule(2))
    assert go_on(on_epoch=told.append).after == 0.5
    assert len(told) == 2 and not list(tmp_path.glob("*.checkpoint"))
