"""relay.quantize as a second path, in every mode: it builds, also for VNNI, and reads digits."""

import numpy as np
import pytest
from tilewright.compile.bundle import load_bundle
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing.by_relay import RELAY_PRECISIONS
from tilewright.models import data, zoo


@pytest.mark.slow
@pytest.mark.skipif(not data.available("mnist"), reason="no data to calibrate on")
@pytest.mark.parametrize("precision", RELAY_PRECISIONS)
def test_lenet5(precision, tmp_path, digits):
    compiled = compile_model("lenet5", tmp_path / "bundle", precision=precision)
    assert compiled.manifest.precision == precision and compiled.manifest.quantization["recipe"]["method"] == precision
    assert not any(one.schedule for one in compiled.manifest.kernels), "TVM's schedules only"
    assert any({"conv2d_NCHWc", "cast"} <= set(one.operators) for one in compiled.manifest.kernels), "integers"
    bundle, model = load_bundle(tmp_path / "bundle"), zoo.get("lenet5")
    scores = [bundle.run({"input": model.preprocess(one[None])})["output"] for one in digits[0][:50]]
    answers = [model.postprocess(np.asarray(one))[0] for one in scores]
    assert sum(answer == label for answer, label in zip(answers, digits[1][:50], strict=True)) >= 48
