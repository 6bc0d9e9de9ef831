"""Multiply-accumulates against formulas worked out by hand, and against published totals."""

import pytest
from graphs import model, one_node, save, values
from onnx import helper
from tilewright.compile.importing import import_model

CONVOLUTIONS = [  # weights, groups, output size of an 8 x 8 input
    ((6, 4, 3, 3), 1, 6 * 6 * 6 * 4 * 9),
    ((6, 2, 3, 3), 2, 6 * 6 * 6 * 2 * 9),
    ((4, 1, 3, 3), 4, 6 * 6 * 4 * 9),
    ((8, 1, 1, 1), 4, 8 * 8 * 8),
]


@pytest.mark.parametrize(("weights", "groups", "macs"), CONVOLUTIONS)
def test_convolutions(weights, groups, macs, tmp_path):
    proto = one_node("Conv", (1, 4, 8, 8), {"w": values(*weights)}, group=groups)
    assert import_model(save(proto, tmp_path), check=False).macs == macs


@pytest.mark.parametrize("groups", [1, 2])
def test_transposed_convolution(groups, tmp_path):
    proto = one_node("ConvTranspose", (1, 4, 5, 5), {"w": values(4, 3, 3, 3)}, group=groups, strides=[2, 2])
    assert import_model(save(proto, tmp_path), check=False).macs == 4 * 5 * 5 * 3 * 9


def test_matrix_products(tmp_path):
    nodes = [helper.make_node("Gemm", ["x", "w"], ["g"], transB=1), helper.make_node("MatMul", ["g", "v"], ["y"])]
    weights = {"w": values(5, 7), "v": values(5, 11)}
    proto = model(nodes, weights, inputs={"x": (3, 7)}, outputs={"y": (3, 11)})
    assert import_model(save(proto, tmp_path), check=False).macs == 3 * 5 * 7 + 3 * 5 * 11


@pytest.mark.slow
@pytest.mark.parametrize(("name", "macs"), [("resnet18", 1_814_073_344), ("mobilenetv2", 300_774_272)])
def test_published_totals(name, macs):
    pytest.importorskip("torch", reason="the zoo needs torch")
    from pathlib import Path

    assert import_model(name, weights=Path("random"), check=False).macs == macs
