"""Weights that torch's exporter left without a name are called after their module."""

import re

import onnx
import pytest
from tilewright.compile.importing.name_weights import module_path
from tilewright.compile.importing.normalize import normalize
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("/conv1/Conv", "conv1"),
        ("/encoder/layer1/layer1.0/conv1/Conv_2", "encoder.layer1.0.conv1"),
        ("/features/features.12/Conv", "features.12"),
        ("/pooling/levels.0/levels.0.0/BatchNormalization_output_0.scale", "pooling.levels.0.0"),
        ("pooling.levels.0.2.weight", "pooling.levels.0.2"),
        ("/Relu", ""),
        ("onnx::Conv_370", ""),
        ("weight", ""),
        ("folded-3", ""),
    ],
)
def test_the_module_of_a_name(name, path):
    assert module_path(name) == path


@pytest.mark.slow
@pytest.mark.parametrize("model", ["resnet20", "swiftnet-pyramid2"])
def test_every_weight_belongs_to_a_module(tmp_path, model):
    exported = export_onnx(model, tmp_path / "m.onnx", weights="random")
    graph = onnx.load(exported.path)
    nameless = [one.name for one in graph.graph.initializer if one.name.startswith("onnx::")]
    assert nameless, "torch folds BatchNorm into weights that it calls onnx::Conv_123"
    normalize(graph, exported.path, None, {})
    names = [one.name for one in graph.graph.initializer]
    assert len(set(names)) == len(names) and not [name for name in names if name.startswith("onnx::")]
    read = {name for node in graph.graph.node for name in node.input}
    modules = dict(load_model(model, "random").module.named_modules())
    weights = [one.name for one in graph.graph.initializer if len(one.dims) == 4 and one.name in read]
    homes = {re.sub(r"_\d+", "", module_path(name)) for name in weights}  # encoder_1: its second call
    assert homes and homes <= set(modules)
