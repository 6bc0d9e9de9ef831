"""The zoo, compiled: the same answers as ONNX Runtime's, and LPRNet's published figure through a Bundle."""

from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from tilewright.compile.bundle import load_bundle
from tilewright.compile.cpu import host_cpu
from tilewright.compile.errors import TilewrightError
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import resolve
from tilewright.models import data, zoo
from tilewright.models.loading import weights_file

slow = pytest.mark.slow


# Tests of their own, or the parts of others: what the smaller SwiftNets are made of, a larger one has.
_ELSEWHERE = ("lenet5", "lprnet", "swiftnet-half", "swiftnet-pyramid2", "mobilenetv2-mnist", "resnet50-mnist")
# Long, and made of what the others are made of: `make test-all` runs them.
_LONG = (
    *("mobilenetv2-cifar", "resnet18-cifar", "resnet18-cifar100", "resnet20", "resnet50", "resnet50-cifar", "resnet56"),
    *("retina-unet", "swiftnet", "swiftnet-pyramid3", "vgg16", "vgg16-cifar", "vgg16-mnist"),
)


def weights_at_hand(name):
    """None for a model's own weights, "random" where they are not on this machine."""
    try:
        weights_file(zoo.get(name))
    except TilewrightError:
        return "random"
    return None


@contextmanager
def agreeing(name, target="native"):
    """The zoo model, compiled and checked.  Its Bundle does not stay: those of the whole zoo are a gigabyte."""
    if resolve(target).missing_on(host_cpu()):
        pytest.skip(f"this CPU cannot run code for {target}")
    with TemporaryDirectory(prefix="tilewright-test-") as folder:
        compiled = compile_model(name, f"{folder}/bundle", target=target, weights=weights_at_hand(name))
        manifest = compiled.manifest
        assert manifest.checked == "bundle" and manifest.name == name
        here = any(data.available(one) for one in zoo.get(name).datasets)
        assert {one["inputs"] for one in manifest.agreement} == ({"random", "real"} if here else {"random"})
        assert all(one["snr_db"] >= 60 for one in manifest.agreement), manifest.agreement
        assert manifest.compile_seconds < 300
        yield compiled


@pytest.mark.parametrize("target", ["native", "x86-avx2"])
def test_lenet5_agrees_with_onnx_runtime(target):
    with agreeing("lenet5", target) as compiled:
        assert compiled.manifest.compile_seconds < 60


def _zoo():
    for name in zoo.names():
        if name not in _ELSEWHERE:
            yield pytest.param(name, marks=pytest.mark.all if name in _LONG else ())


@slow
@pytest.mark.parametrize("name", _zoo())
def test_a_bundle_agrees_with_onnx_runtime(name):
    with agreeing(name) as compiled:
        assert compiled.manifest.preprocess == zoo.get(name).preprocess


@slow
def test_lprnet_agrees_and_reads_894_of_1000_plates_through_a_bundle():
    with agreeing("lprnet") as compiled:
        if not data.available("lprnet-plates"):
            pytest.skip("data set lprnet-plates is not on this machine (TILEWRIGHT_DATA)")
        plates = data.load("lprnet-plates", "all")
        bundle = load_bundle(compiled.path, threads=1)
        tensors = bundle.manifest.preprocess(plates.images())
        answers = [answer for tensor in tensors for answer in bundle.answer({"input": tensor[np.newaxis]})]
        assert sum(answer == label for answer, label in zip(answers, plates.labels, strict=True)) == 894
