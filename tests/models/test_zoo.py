"""The zoo: names without torch, published sizes, published state-dict names, LPRNet's pooling."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.compile.errors import TilewrightError
from tilewright.models import data, zoo
from tilewright.models.listing import listed
from tilewright.models.summary import summarize
from tilewright.models.zoo.lprnet import ALPHABET, ChannelStridedMaxPool
from torch import nn


def test_names_need_no_torch():
    code = (
        "import sys; from tilewright.models import data, zoo; print(zoo.names(), data.names()); "
        "data.get('mnist'); data.get('lprnet-plates'); print('torch' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "resnet18" in output
    assert output.strip().endswith("False")


@pytest.mark.parametrize("name", zoo.names())
def test_get_gives_the_model_of_that_name(name):
    model = zoo.get(name)
    assert model.name == name
    assert model.input_shape[0] == 1
    channels, height, width = model.input_shape[1:]
    assert (len(model.preprocess.mean), model.preprocess.height, model.preprocess.width) == (channels, height, width)


def test_unknown_model_names_the_near_ones():
    with pytest.raises(TilewrightError, match=r"unknown model 'resnet19': did you mean resnet18.*\.onnx") as caught:
        zoo.get("resnet19")
    assert caught.value.exit_code == 2
    assert zoo.find("resnet19") is None and zoo.find("resnet18") is zoo.get("resnet18")


# torchvision's published parameters and GFLOPS (theirs are multiply-accumulates), rounded as printed there; LPRNet's
# are those of the repository it is from; LeNet-5's are LeCun's layer sizes counted by hand; ResNet-18 for CIFAR is
# kuangliu/pytorch-cifar's, MobileNetV2 has 1281*990 weights less in its last layer, and for digits one colour in its
# first.  SwiftNet's paper rounds to 11.8 M, and its pyramids have a BatchNorm more for each level.
# test_architectures.py has the others.
PUBLISHED = {
    "resnet18": (11_689_512, 1.814e9, (1, 1000)),
    "mobilenetv2": (3_504_872, 0.301e9, (1, 1000)),
    "lprnet": (446_976, None, (1, 68, 18)),
    "lenet5": (61_706, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10, (1, 10)),
    "resnet18-cifar": (11_173_962, 0.555e9, (1, 10)),
    "resnet18-cifar100": (11_173_962 + 513 * 90, 0.555e9, (1, 100)),
    "mobilenetv2-cifar": (3_504_872 - 1281 * 990, None, (1, 10)),
    "mobilenetv2-mnist": (3_504_872 - 1281 * 990 - 2 * 9 * 32, None, (1, 10)),
    "swiftnet": (11_796_039, None, (1, 11, 384, 480)),
    "swiftnet-pyramid2": (12_026_443, None, (1, 11, 384, 512)),
    "swiftnet-pyramid3": (12_306_763, None, (1, 11, 384, 512)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_sizes_are_the_published_ones(name):
    parameters, macs, output_shape = PUBLISHED[name]
    summary = summarize(name)
    assert summary.parameters == parameters
    assert summary.output_shape == output_shape
    if macs is not None:
        assert summary.macs == pytest.approx(macs, abs=0.5e6)


@pytest.mark.parametrize("name", ["resnet18-cifar", "swiftnet"])
def test_half_the_width_is_a_quarter_of_the_parameters(name):
    assert summarize(f"{name}-half").parameters == pytest.approx(summarize(name).parameters / 4, rel=0.01)


def test_swiftnet_costs_what_its_paper_says():
    pixels = 384 * 480
    assert summarize("swiftnet").macs * 1024 * 2048 / pixels == pytest.approx(104.0e9, rel=0.01)


@pytest.mark.parametrize("name", zoo.names())
def test_summaries_name_data_sets_that_exist_and_weights(name):
    summary = summarize(name)
    assert summary in listed(), "python -m tilewright.models.summary"
    assert summary.weights and summary.title and set(summary.datasets) <= set(data.names())
    assert summary.output_shape[0] == 1 and summary.macs > summary.parameters / 10


def test_state_dict_names_are_torchvisions():
    resnet = zoo.get("resnet18").build().state_dict()
    assert len(resnet) == 122  # as in resnet18-f37072fd.pth, with num_batches_tracked
    for key in ("conv1.weight", "layer2.0.downsample.1.running_var", "layer4.1.bn2.bias", "fc.weight"):
        assert key in resnet
    mobilenet = zoo.get("mobilenetv2").build().state_dict()
    assert len(mobilenet) == 314
    shapes = {
        "features.0.0.weight": (32, 3, 3, 3),
        "features.1.conv.0.0.weight": (32, 1, 3, 3),
        "features.1.conv.1.weight": (16, 32, 1, 1),
        "features.2.conv.1.0.weight": (96, 1, 3, 3),
        "features.17.conv.3.running_mean": (320,),
        "features.18.1.weight": (1280,),
        "classifier.1.weight": (1000, 1280),
    }
    assert {key: tuple(mobilenet[key].shape) for key in shapes} == shapes


def test_plate_alphabet_has_68_characters_and_ends_with_the_blank():
    assert len(ALPHABET) == len(set(ALPHABET)) == 68
    assert (ALPHABET[12], ALPHABET[31], ALPHABET[-1]) == ("皖", "0", "-")


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(3, 8), st.integers(3, 12)),
    strides=st.tuples(st.integers(1, 4), st.integers(1, 3)),
    seed=st.integers(0, 2**32 - 1),
)
def test_pooling_is_exactly_the_published_3d_one(shape, strides, seed):
    channel_stride, width_stride = strides
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    published = nn.MaxPool3d(kernel_size=(1, 3, 3), stride=(channel_stride, 1, width_stride))
    assert torch.equal(ChannelStridedMaxPool(channel_stride, width_stride)(x), published(x))


def test_the_list_is_of_the_zoo():
    assert tuple(one.name for one in listed()) == zoo.names()


def test_without_torch_a_model_says_what_to_install():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from tilewright.compile.errors import TilewrightError\n"
        "from tilewright.models import zoo\n"
        "try: zoo.get('lenet5')\n"
        "except TilewrightError as error: print(error)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.strip() == "model lenet5 needs PyTorch: pip install 'tilewright[zoo]'"
