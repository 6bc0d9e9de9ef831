"""Who is blamed when a Bundle's answer is wrong: the import first, then the build."""

from dataclasses import replace

import pytest
from tilewright.compile import pipeline, twin
from tilewright.compile.cpu import HostCpu, host_cpu
from tilewright.compile.errors import CheckFailed
from tilewright.compile.quantizing.import_as import weight_bits_for
from tilewright.compile.targets import native, resolve


def wrong_bundle(imported, folder):
    raise CheckFailed("the build of lenet5 disagrees")


def test_a_wrong_import_is_blamed_for_a_wrong_bundle(monkeypatch, tmp_path):
    def wrong_import(imported):
        raise CheckFailed("the import of lenet5 disagrees")

    monkeypatch.setattr(pipeline, "check_bundle", wrong_bundle)
    monkeypatch.setattr(pipeline, "check_import", wrong_import)
    with pytest.raises(CheckFailed, match="the import of lenet5"):
        pipeline.compile_model("lenet5", tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_a_good_import_leaves_the_blame_with_the_build(monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "check_bundle", wrong_bundle)
    with pytest.raises(CheckFailed, match="the build of lenet5"):
        pipeline.compile_model("lenet5", tmp_path / "b")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_bundle_for_another_machine_is_checked_at_import(tmp_path):
    manifest = pipeline.compile_model("lenet5", tmp_path / "b", target="llvm -mtriple=aarch64-linux-gnu").manifest
    assert manifest.checked == "import" and all(one["snr_db"] >= 60 for one in manifest.agreement)


def test_a_network_on_integers_for_another_machine_is_checked_by_its_twin(tmp_path):
    if native(host_cpu()).name == "rpi5" or weight_bits_for(native(host_cpu())) < 8:
        pytest.skip("this CPU runs it itself, or multiplies 7 bits only")
    compiled = pipeline.compile_model("lenet5", tmp_path / "b", target="rpi5", precision="int8", weights="random")
    assert compiled.manifest.checked == "twin" and compiled.manifest.target.name == "rpi5"
    assert {one["inputs"] for one in compiled.manifest.agreement} >= {"random"}
    assert all(one["snr_db"] >= 30 for one in compiled.manifest.agreement)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


@pytest.mark.slow
def test_a_wrong_twin_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(pipeline, "check_bundle", wrong_bundle)
    monkeypatch.setattr(pipeline, "twin_for", lambda imported, target: native(host_cpu()))
    with pytest.raises(CheckFailed, match="the build of lenet5"):
        pipeline.compile_model("lenet5", tmp_path / "b", target="llvm -mtriple=aarch64-linux-gnu")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_mobilenetv2_on_integers_is_not_refused_for_tvms_rounding(tmp_path):
    """Its import in TVM's rounding is at 25 dB, with random weights; its kernels round as ONNX Runtime does."""
    if weight_bits_for(native(host_cpu())) < 8:
        pytest.skip("this CPU multiplies 7 bits only")
    compiled = pipeline.compile_model("mobilenetv2", tmp_path / "b", target="rpi5", precision="int8", weights="random")
    assert compiled.manifest.checked in ("twin", "bundle")
    assert min(one["snr_db"] for one in compiled.manifest.agreement) >= 30


@pytest.mark.parametrize("precision", ["fp32", "int8-weights", "int8-relay-kl"])
def test_only_networks_on_integers_have_a_twin(lenet5, precision):
    assert twin.twin_for(replace(lenet5.imported, precision=precision), resolve("rpi5")) is None


@pytest.mark.parametrize("here", ["x86-vnni", "rpi4", "x86-avx512", "x86-avx2"])
def test_a_twin_has_the_kernels_of_this_cpu(lenet5, monkeypatch, here):
    monkeypatch.setattr(twin, "native", lambda cpu: resolve(here))
    imported = replace(lenet5.imported, precision="int8")
    assert twin.twin_for(imported, resolve("rpi5")) == resolve(here)
    assert twin.twin_for(imported, resolve("llvm -mtriple=aarch64-linux-gnu")) is None, "none of our kernels"


@pytest.mark.parametrize("here", ["x86-vnni", "x86-avx2"])
def test_the_twin_for_a_machine_without_a_dot_product_has_its_kernels(lenet5, monkeypatch, here):
    monkeypatch.setattr(twin, "native", lambda cpu: resolve(here))
    found = twin.twin_for(replace(lenet5.imported, precision="int8"), resolve("rpi3-32"))
    assert found is not None and (found.name, found.machine) == ("rpi3-32", "cortex-a53-32")
    assert (found.tvm, found.features) == (resolve(here).tvm, resolve(here).features)


def test_a_cpu_without_a_named_target_has_no_twin(lenet5, monkeypatch):
    monkeypatch.setattr(twin, "host_cpu", lambda: HostCpu("Old One", "x86_64", frozenset(), 1))
    assert twin.twin_for(replace(lenet5.imported, precision="int8"), resolve("rpi5")) is None
