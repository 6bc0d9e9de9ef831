"""Who is blamed when a Bundle's answer is wrong: the import first, then the build."""

import pytest
from tilewright.compile import pipeline
from tilewright.compile.errors import CheckFailed


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


def test_a_bundle_for_another_machine_is_checked_at_import(tmp_path):
    manifest = pipeline.compile_model("lenet5", tmp_path / "b", target="llvm -mtriple=aarch64-linux-gnu").manifest
    assert manifest.checked == "import" and all(one["snr_db"] >= 60 for one in manifest.agreement)
