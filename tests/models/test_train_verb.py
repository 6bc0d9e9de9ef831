"""`tilewright train`."""

import json

import pytest
from safetensors.torch import load_file


@pytest.mark.slow
def test_it_trains_and_keeps_what_it_started_from(cli, tmp_path):
    out, start = tmp_path / "lenet5.safetensors", tmp_path / "start.safetensors"
    done = cli("train", "lenet5", "-o", out, "--epochs", 1, "--save-start", start)
    assert done.code == 0 and f"{out}: written" in done.stdout, done
    assert "epoch 1 of 1, 54,000 in all\nlenet5: epoch 1, loss 0." in done.stderr, done
    (line,) = map(json.loads, out.with_suffix(".log.jsonl").read_text().splitlines())
    assert line["right"] > 0.8
    trained, begun = load_file(out), load_file(start)
    assert trained.keys() == begun.keys() and any(bool((trained[name] != begun[name]).any()) for name in trained)


@pytest.mark.slow
def test_other_weights_are_another_run(cli, fails, tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(few_digits))
    out, one, other = (tmp_path / f"{name}.safetensors" for name in ("out", "one", "other"))
    assert cli("train", "lenet5", "-o", out, "--epochs", 2, "--stop-after", 1, "--save-start", one).code == 0
    assert cli("train", "lenet5", "-o", other, "--epochs", 1, "--seed", 1).code == 0
    fails("train", "lenet5", "-o", out, "--epochs", 2, "--weights", other, says="is of a run with other settings")
    assert cli("train", "lenet5", "-o", out, "--epochs", 2).code == 0
    assert len(out.with_suffix(".log.jsonl").read_text().splitlines()) == 2


def test_what_cannot_be_trained(fails, tmp_path):
    out = tmp_path / "out.safetensors"
    fails("train", "resnet18", "-o", out, says="unknown recipe 'resnet18'")
    fails("train", "lenet", "-o", out, says="did you mean lenet5")
    fails("train", "lenet5", "-o", tmp_path / "out.onnx", says="name a .safetensors file")
    fails(
        "train", "lenet5", "-o", out, "--save-start", tmp_path / "start.pt", says="start.pt: name a .safetensors file"
    )
