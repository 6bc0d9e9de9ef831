"""The layout pass: one layout from the first convolution to the end, and the same answers."""

import numpy as np
import pytest
import torch
from tilewright.compile.building.freeze_layout import freeze_layout
from tilewright.compile.cpu import host_cpu
from tilewright.compile.importing import import_model
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import native
from tilewright.compile.tuning.choose import recorded_choice
from torch import nn


def _operators(function, inputs):
    """The names of the operators that depend on the network's inputs: packing the weights does not count."""
    from tvm import relay

    varying, names = set(function.params[:inputs]), []

    def visit(expr):
        children = list(getattr(expr, "args", None) or getattr(expr, "fields", None) or [])
        if varying & {*children, getattr(expr, "tuple_value", None)}:
            varying.add(expr)
            if isinstance(expr, relay.Call):
                names.append(expr.op.name)

    relay.analysis.post_order_visit(function.body, visit)
    return names


def _frozen(model, **settings):
    target = native(host_cpu())
    imported = import_model(model, check=False, **settings)
    inputs = len(imported.inputs)
    frozen = freeze_layout(imported.module, target, inputs, recorded_choice(target))
    return _operators(frozen["main"], inputs)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lenet5", "resnet18", "mobilenetv2", "squeezenet1.1", "unet"])
def test_no_layout_changes_inside_a_network(model):
    operators = _frozen(model, weights="random")
    assert "layout_transform" not in operators
    assert not {"nn.conv2d", "nn.conv2d_transpose", "nn.dense"} & {name for name in operators if name != "nn.dense"}, (
        "every convolution has a kernel of ours"
    )
    assert "tilewright.conv2d" in operators


@pytest.mark.slow
@pytest.mark.parametrize("model", ["swiftnet-half", "lprnet"])
def test_one_layout_change_where_the_result_is_not_a_vector(model):
    assert _frozen(model, weights="random").count("layout_transform") <= 2


@pytest.mark.slow
def test_joined_channels_are_not_copied():
    assert "concatenate" not in _frozen("unet", weights="random")
    # Fire modules but for the last, which a pooling with many filters follows
    assert _frozen("squeezenet1.1", weights="random").count("concatenate") <= 1


class _Odd(nn.Module):
    """Whatever a blocked layout could stumble over, in one network."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 20, 3, padding=1)
        self.narrow = nn.Conv2d(20, 6, 1)
        self.grouped = nn.Conv2d(24, 48, 3, padding=1, groups=3)
        self.thin = nn.Conv2d(48, 7, (1, 5), padding=(0, 2))
        self.scale = nn.Parameter(torch.randn(1, 7, 1, 1))
        self.map = nn.Parameter(torch.randn(1, 7, 9, 11))
        self.up = nn.ConvTranspose2d(7, 12, 2, stride=2)
        self.over = nn.ConvTranspose2d(12, 8, 3, stride=2, padding=1)
        self.last = nn.Linear(8 * 35 * 43, 5)

    def forward(self, x):
        wide = torch.relu(self.stem(x))
        joined = torch.cat([wide[:, ::5], self.narrow(wide), wide[:, :14]], 1)
        y = torch.sigmoid(self.grouped(joined)) * 2.0
        y = self.thin(y) * self.scale + self.map
        y = y / y.pow(2).mean()
        y = y - y.mean(dim=(2, 3), keepdim=True) + y.mean(dim=1, keepdim=True)
        y = self.over(nn.functional.leaky_relu(self.up(y), 0.1))
        return self.last(torch.flatten(y, 1)), torch.softmax(y, 1), y.transpose(2, 3).amax(3)


@pytest.mark.slow
def test_odd_networks_keep_their_answers(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "odd.onnx"
    torch.onnx.export(_Odd().eval(), (torch.randn(2, 3, 9, 11),), str(path), dynamo=False, opset_version=17)
    compiled = compile_model(path, tmp_path / "odd.bundle")  # refuses anything below 60 dB
    assert all(one["snr_db"] > 100 for one in compiled.manifest.agreement)
    assert np.all([one["max_abs_error"] < 1e-2 for one in compiled.manifest.agreement])
