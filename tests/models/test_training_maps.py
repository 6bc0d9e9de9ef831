"""Networks that answer with maps learn them."""

import json

import pytest
import torch
from tilewright.models.data.dataset import IGNORE
from tilewright.models.training.schedule import Schedule
from tilewright.models.training.tasks import Foreground, Segmentation
from tilewright.models.training.trainer import train
from torch import nn


def _pixels(task, **settings):
    """Which pixels of a picture are bright: class 1 of three.  A corner of each truth does not count."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(32, 1, 6, 6, generator=generator)
    truths = (images[:, 0] > 0.6).long()
    if task is Segmentation:
        truths[:, :2, :2] = IGNORE
    return task(images, truths, lambda images, truths, done, generator: (images, truths), **settings)


class _PerPixel(nn.Sequential):
    """A network for maps; `logits` is what `Foreground` asks for."""

    def __init__(self, classes):
        torch.manual_seed(1)
        super().__init__(nn.Conv2d(1, 8, 1), nn.ReLU(), nn.Conv2d(8, classes, 1))

    def logits(self, images):
        return self(images)


@pytest.mark.parametrize(
    ("task", "classes", "settings"),
    [
        (Foreground, 1, {}),
        (Segmentation, 3, {}),
        (Segmentation, 3, {"weights": torch.tensor([1.0, 2.0, 1.0])}),
    ],
)
def test_maps_are_learnt(tmp_path, task, classes, settings):
    out = tmp_path / "w.safetensors"
    train(_PerPixel(classes), _pixels(task, **settings), Schedule(epochs=30, batch=8, peak_rate=0.03), out)
    lines = out.with_suffix(".log.jsonl").read_text().splitlines()
    right = [json.loads(line)["right"] for line in lines]
    assert len(right) == 30 and right[-1] > 0.95 > right[0]
