"""The training loop: it learns, resumes as if it had never been killed, and writes whole files."""

import json

import pytest
import torch
from safetensors.torch import load_file
from tilewright.compile.errors import TilewrightError
from tilewright.models.training.augment import jitter
from tilewright.models.training.classifier import Schedule, train
from torch import nn

SCHEDULE = Schedule(epochs=4, batch=16, seed=3)


def _problem():
    """Which half of an 8x8 picture is bright."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(96, 1, 8, 8, generator=generator)
    classes = torch.randint(0, 2, (96,), generator=generator)
    images[classes == 1, :, :4] += 1
    return images, classes


def _network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))


def _log(out):
    lines = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_it_learns_and_leaves_weights_and_log(tmp_path):
    network, out = _network(), tmp_path / "w.safetensors"
    train(network, *_problem(), SCHEDULE, out)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["w.log.jsonl", "w.safetensors"]
    assert [line["epoch"] for line in _log(out)] == [1, 2, 3, 4]
    assert _log(out)[-1]["accuracy"] > 0.8
    assert torch.equal(load_file(out)["1.weight"], network.state_dict()["1.weight"])
    assert not network.training


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    whole, cut = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
    train(_network(), *_problem(), SCHEDULE, whole, augment=jitter)

    def kill(epoch):
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(_network(), *_problem(), SCHEDULE, cut, augment=jitter, on_epoch=kill)
    assert not cut.exists()
    train(_network(), *_problem(), SCHEDULE, cut, augment=jitter)
    assert _log(cut) == _log(whole)
    first, second = load_file(whole), load_file(cut)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    out = tmp_path / "w.safetensors"

    def kill(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(_network(), *_problem(), SCHEDULE, out, on_epoch=kill)
    with pytest.raises(TilewrightError, match="other settings: delete it"):
        train(_network(), *_problem(), Schedule(epochs=9), out)
    out.with_suffix(".checkpoint").write_bytes(b"noise")
    with pytest.raises(TilewrightError, match="damaged or of another network: delete it"):
        train(_network(), *_problem(), SCHEDULE, out)


def test_jitter_moves_pictures_and_keeps_their_shape():
    images = _problem()[0]
    moved = jitter(images, torch.Generator().manual_seed(0))
    assert moved.shape == images.shape
    assert not torch.allclose(moved, images)
    assert moved.min() >= images.min()
    still = jitter(images, torch.Generator().manual_seed(0), degrees=0, shift=0, zoom=0)
    assert torch.allclose(still, images, atol=1e-5)
