"""The zoo, compiled: the same answers as ONNX Runtime's, and LPRNet's published figure through a Bundle."""

import numpy as np
import pytest
from tilewright.compile.bundle import load_bundle
from tilewright.compile.cpu import host_cpu
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import resolve
from tilewright.models import data, zoo

slow = pytest.mark.slow


def weights_at_hand(name):
    """None for a model's own weights, "random" where they are not on this machine."""
    own = zoo.get(name).weights.kind != "data" or any(data.available(one) for one in zoo.get(name).datasets)
    return None if own else "random"


def compiled(name, folder, target):
    if resolve(target).missing_on(host_cpu()):
        pytest.skip(f"this CPU cannot run code for {target}")
    return compile_model(name, folder / "bundle", target=target, weights=weights_at_hand(name))


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("lenet5", "native"),
        ("lenet5", "x86-avx2"),
        pytest.param("lprnet", "native", marks=slow),
        pytest.param("resnet18", "native", marks=slow),
        pytest.param("resnet18", "x86-avx2", marks=slow),
        pytest.param("mobilenetv2", "native", marks=slow),
    ],
)
def test_a_bundle_agrees_with_onnx_runtime(tmp_path, name, target):
    manifest = compiled(name, tmp_path, target).manifest
    assert manifest.checked == "bundle" and manifest.name == name
    kinds = {one["inputs"] for one in manifest.agreement}
    assert "random" in kinds
    if any(data.available(one) for one in zoo.get(name).datasets):
        assert "real" in kinds
    assert all(one["snr_db"] >= 60 for one in manifest.agreement), manifest.agreement
    assert manifest.compile_seconds < 60


@slow
def test_lprnet_reads_894_of_1000_plates_through_a_bundle(tmp_path):
    if not data.available("lprnet-plates"):
        pytest.skip("data set lprnet-plates is not on this machine (TILEWRIGHT_DATA)")
    plates = data.load("lprnet-plates", "all")
    bundle = load_bundle(compiled("lprnet", tmp_path, "native").path)
    tensors = bundle.manifest.preprocess(plates.images())
    answers = [answer for tensor in tensors for answer in bundle.answer({"input": tensor[np.newaxis]})]
    assert sum(answer == label for answer, label in zip(answers, plates.labels, strict=True)) == 894
