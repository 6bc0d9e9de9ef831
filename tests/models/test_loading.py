"""Weights load strictly, without pickle's code, and what does not fit ends in one line that says what to do."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tilewright.compile.errors import TilewrightError
from tilewright.models import zoo
from tilewright.models.loading import load_model


def _state():
    return zoo.get("lenet5").build().state_dict()


def _fails(path, pattern):
    with pytest.raises(TilewrightError, match=pattern) as caught:
        load_model("lenet5", path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    assert caught.value.exit_code == 2
    return message


def _same(first, second):
    return all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.th"])
def test_both_kinds_of_file_load(tmp_path, name):
    state = _state()
    path = tmp_path / name
    save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)
    loaded = load_model("lenet5", path)
    assert _same(loaded.module.state_dict(), state)
    assert loaded.trained
    assert not loaded.module.training


def test_digest_is_of_the_tensors_not_of_the_file(tmp_path):
    state = _state()
    save_file(state, tmp_path / "w.safetensors")
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "w.pth")
    first, second = load_model("lenet5", tmp_path / "w.safetensors"), load_model("lenet5", tmp_path / "w.pth")
    assert first.sha256 == second.sha256
    assert first.sha256 != load_model("lenet5", "random").sha256


def test_missing_and_extra_keys_are_named_and_counted(tmp_path):
    state = _state()
    for key in ("conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"):
        del state[key]
    state["fc9.weight"] = torch.zeros(1)
    save_file(state, tmp_path / "w.safetensors")
    message = _fails(tmp_path / "w.safetensors", "do not fit LeNet5")
    assert "4 missing (conv1.weight, conv1.bias, fc1.weight, ...)" in message
    assert "1 too many (fc9.weight)" in message


def test_wrong_shape_is_named(tmp_path):
    state = _state() | {"fc3.weight": torch.zeros(7, 84)}
    torch.save(state, tmp_path / "w.pth")
    _fails(tmp_path / "w.pth", r"1 of another shape \(fc3.weight \(7, 84\) in place of \(10, 84\)\)")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("content", [b"", b"no weights", b"\xff" * 64], ids=["empty", "text", "noise"])
def test_damaged_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    _fails(tmp_path / name, "damaged, or neither safetensors nor a PyTorch state dict")


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_truncated_file(tmp_path, name):
    path = tmp_path / name
    save_file(_state(), path) if path.suffix == ".safetensors" else torch.save(_state(), path)
    path.write_bytes(path.read_bytes()[:-1000])
    _fails(path, "damaged")


def test_missing_file_names_the_cure(tmp_path):
    _fails(tmp_path / "none.pth", "no such file.*--weights.*TILEWRIGHT_DATA")


class Evil:
    def __reduce__(self):
        import os

        return os.mkdir, (Evil.folder,)


def test_code_in_a_pickle_is_not_run(tmp_path):
    Evil.folder = str(tmp_path / "ran")
    torch.save({"conv1.weight": Evil()}, tmp_path / "w.pth")
    _fails(tmp_path / "w.pth", "loads without pickle")
    assert not (tmp_path / "ran").exists()


def test_whole_module_instead_of_state_dict(tmp_path):
    torch.save([1, 2], tmp_path / "w.pth")
    _fails(tmp_path / "w.pth", "holds no state dict")


def test_lprnet_without_data_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    with pytest.raises(
        TilewrightError,
        match=r"weights of lprnet \(sirius.*`tilewright data get lprnet`.*TILEWRIGHT_DATA.*--weights random",
    ) as caught:
        load_model("lprnet")
    assert "\n" not in str(caught.value)
    loaded = load_model("lprnet", Path("random"))  # as a command line's option gives it
    assert (loaded.trained, loaded.weights) == (False, "random (seed 68)")


def test_loading_leaves_the_callers_randomness_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    load_model("resnet18", "random")
    assert torch.rand(1) == expected
