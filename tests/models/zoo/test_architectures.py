"""The architectures have the published parameter counts, answer shapes and tensor names; nothing is computed."""

import pytest
import torch
from tilewright.models.zoo import (
    efficientnet_lite0,
    resnet50,
    resnet_cifar,
    retina_unet,
    squeezenet,
    unet,
    vgg16,
)

MODELS = {
    model.name: model
    for file in (efficientnet_lite0, resnet50, resnet_cifar, retina_unet, squeezenet, unet, vgg16)
    for model in file.MODELS
}

# Parameters as published: torchvision's table, kuangliu/pytorch-cifar, the weight files themselves; the paper's table 6
# rounds the two CIFAR ResNets to 0.27M and 0.85M.  The CIFAR form of ResNet-50 is the other one with 64*3*(49 - 9)
# weights less in the stem and 2048*990 + 990 less at the end; the MNIST forms see one colour, not three.
PUBLISHED = {
    "efficientnet-lite0": (4_652_008, (1, 1000)),
    "resnet20": (269_722, (1, 10)),
    "resnet56": (853_018, (1, 10)),
    "resnet50": (25_557_032, (1, 1000)),
    "resnet50-cifar": (25_557_032 - 64 * 3 * 40 - 2048 * 990 - 990, (1, 10)),
    "resnet50-mnist": (25_557_032 - 64 * 2 * 49 - 2048 * 990 - 990, (1, 10)),
    "retina-unet": (471_010, (1, 2, 568, 568)),
    "squeezenet1.1": (1_235_496, (1, 1000)),
    "unet": (1_942_577, (1, 1, 256, 256)),
    "vgg16": (138_357_544, (1, 1000)),
    "vgg16-cifar": (14_728_266, (1, 10)),
    "vgg16-mnist": (14_728_266 - 64 * 2 * 9, (1, 10)),
}


def _on_meta(model):
    with torch.device("meta"):
        return model.build().eval()


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_and_answer_are_the_published_ones(name):
    parameters, shape = PUBLISHED[name]
    model = MODELS[name]
    module = _on_meta(model)
    assert sum(parameter.numel() for parameter in module.parameters()) == parameters
    assert module(torch.empty(model.input_shape, device="meta")).shape == shape


def test_every_model_is_checked():
    assert set(PUBLISHED) == set(MODELS)


@pytest.mark.parametrize("name", PUBLISHED)
def test_preprocessing_makes_the_input(name):
    model = MODELS[name]
    channels, height, width = model.input_shape[1:]
    assert (model.preprocess.height, model.preprocess.width) == (height, width)
    assert len(model.preprocess.mean) == len(model.preprocess.scale) == channels


# A few tensors of each published file, by name.
NAMES = {
    "resnet50": {
        "conv1.weight": (64, 3, 7, 7),
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "layer2.0.conv2.weight": (128, 128, 3, 3),
        "layer4.2.bn3.running_var": (2048,),
        "fc.weight": (1000, 2048),
    },
    "resnet20": {"layer3.2.conv2.weight": (64, 64, 3, 3), "linear.bias": (10,)},
    "squeezenet1.1": {
        "features.0.weight": (64, 3, 3, 3),
        "features.3.squeeze.weight": (16, 64, 1, 1),
        "features.7.expand3x3.weight": (128, 32, 3, 3),
        "features.12.expand1x1.bias": (256,),
        "classifier.1.weight": (1000, 512, 1, 1),
    },
    "vgg16": {
        "features.0.weight": (64, 3, 3, 3),
        "features.28.weight": (512, 512, 3, 3),
        "classifier.0.weight": (4096, 25088),
        "classifier.6.bias": (1000,),
    },
    "vgg16-cifar": {
        "features.1.running_mean": (64,),
        "features.40.weight": (512, 512, 3, 3),
        "classifier.weight": (10, 512),
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_tensor_names_are_the_published_ones(name):
    state = _on_meta(MODELS[name]).state_dict()
    assert {key: tuple(state[key].shape) for key in NAMES[name]} == NAMES[name]


def test_resnet50_halves_in_the_3x3_convolution():
    block = _on_meta(MODELS["resnet50"]).layer2[0]
    assert (block.conv1.stride, block.conv2.stride, block.downsample[0].stride) == ((1, 1), (2, 2), (2, 2))


@pytest.mark.parametrize("size", [32, 48])
def test_unet_takes_other_sizes_and_gives_log_odds(size):
    module = unet.UNet(width=2).eval()
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.allclose(module(x), torch.sigmoid(module.logits(x)))
        assert module(x).shape == (1, 1, size, size)
