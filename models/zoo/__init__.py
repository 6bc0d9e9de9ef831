"""The zoo: one architecture a file.  Names are known at once; a model's file, and torch, load when it is asked for."""

from __future__ import annotations

from importlib import import_module

from ...compile.errors import TilewrightError, unknown_name
from .model import WeightSource, ZooModel

__all__ = ["WeightSource", "ZooModel", "find", "get", "names"]

# The file of each model: the forms of one architecture share it.
_HOMES = {
    "efficientnet-lite0": "efficientnet_lite0",
    "lenet5": "lenet5",
    "lprnet": "lprnet",
    "mobilenetv2": "mobilenetv2",
    "mobilenetv2-cifar": "mobilenetv2",
    "mobilenetv2-mnist": "mobilenetv2",
    "resnet18": "resnet18",
    "resnet18-cifar": "resnet18",
    "resnet18-cifar-half": "resnet18",
    "resnet18-cifar100": "resnet18",
    "resnet20": "resnet_cifar",
    "resnet50": "resnet50",
    "resnet50-cifar": "resnet50",
    "resnet50-mnist": "resnet50",
    "resnet56": "resnet_cifar",
    "retina-unet": "retina_unet",
    "squeezenet1.1": "squeezenet",
    "swiftnet": "swiftnet",
    "swiftnet-half": "swiftnet",
    "swiftnet-pyramid2": "swiftnet_pyramid",
    "swiftnet-pyramid3": "swiftnet_pyramid",
    "unet": "unet",
    "vgg16": "vgg16",
    "vgg16-cifar": "vgg16",
    "vgg16-mnist": "vgg16",
}


def names() -> tuple[str, ...]:
    """All model names, sorted."""
    return tuple(_HOMES)


def get(name: str) -> ZooModel:
    """The model called `name`.  Raises TilewrightError for an unknown one, or when torch is not installed."""
    if name not in _HOMES:
        raise unknown_name("model", name, _HOMES, hint="A path to an .onnx file works too.")
    try:
        models = import_module(f".{_HOMES[name]}", __name__).MODELS
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise TilewrightError(f"model {name} needs PyTorch: pip install 'tilewright[zoo]'") from None
    return next(model for model in models if model.name == name)


def find(name: str) -> ZooModel | None:
    """The model called `name`, or None where there is none or torch is not installed."""
    try:
        return get(name)
    except TilewrightError:
        return None
