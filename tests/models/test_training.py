"""The training loop: it learns, resumes as if it had never been killed, and writes whole files."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from tilewright.compile.errors import CheckFailed, TilewrightError
from tilewright.models.training.augment import jitter
from tilewright.models.training.results import write_weights
from tilewright.models.training.schedule import Schedule
from tilewright.models.training.tasks import Classification
from tilewright.models.training.trainer import run_epochs, train
from tilewright.models.training.zeros import keep_zeros
from torch import nn

SCHEDULE = Schedule(epochs=4, batch=16, seed=3)


def _still(images, truths, done, generator):
    return images, truths


def _moving(images, truths, done, generator):
    return jitter(images, generator), truths


def _halves(augment=_still):
    """Which half of an 8x8 picture is bright."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(96, 1, 8, 8, generator=generator)
    classes = torch.randint(0, 2, (96,), generator=generator)
    images[classes == 1, :, :4] += 1
    return Classification(images, classes, augment)


def _network():
    torch.manual_seed(1)
    body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.1))
    return nn.Sequential(body, nn.Flatten(), nn.Linear(256, 2))


def _log(out):
    lines = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def _same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def test_it_learns_and_leaves_weights_and_log(tmp_path):
    network, out = _network(), tmp_path / "w.safetensors"
    train(network, _halves(), SCHEDULE, out)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["w.log.jsonl", "w.safetensors"]
    assert [line["epoch"] for line in _log(out)] == [1, 2, 3, 4]
    assert _log(out)[-1]["right"] > 0.8 and _log(out)[-1]["loss"] < _log(out)[0]["loss"]
    assert not network.training
    assert all(value.is_contiguous() for value in network.state_dict().values())


def test_it_says_how_far_it_is(tmp_path):
    told, epochs = [], []
    train(
        _network(),
        _halves(),
        replace(SCHEDULE, epochs=2),
        tmp_path / "w.safetensors",
        epochs.append,
        progress=lambda *stage: told.append(stage),
    )
    assert told == [(f"epoch {epoch} of 2", done, 96) for epoch in (1, 2) for done in range(0, 96, 16)]
    assert [one.epoch for one in epochs] == [1, 2]


def test_a_place_that_cannot_be_written_is_told_before_the_first_batch(tmp_path):
    (tmp_path / "file").write_text("")
    told = []
    with pytest.raises(TilewrightError, match=r"cannot write .*file/w\.checkpoint: .*choose another place"):
        train(_network(), _halves(), SCHEDULE, tmp_path / "file" / "w.safetensors", progress=lambda *_: told.append(1))
    assert not told


@pytest.mark.parametrize(("half", "kind"), [(True, torch.float16), (False, torch.float32)])
def test_the_network_has_the_weights_of_its_file(tmp_path, half, kind):
    network, exact = _network(), _network().state_dict()
    write_weights(network, tmp_path / "w.safetensors", half)
    written, kept = load_file(tmp_path / "w.safetensors"), network.state_dict()
    assert written.keys() == kept.keys() == exact.keys()
    for key, value in written.items():
        assert value.dtype == (kind if value.dim() > 1 else exact[key].dtype)
        assert kept[key].dtype == exact[key].dtype and torch.equal(value.to(kept[key].dtype), kept[key])
        assert torch.allclose(kept[key], exact[key], rtol=2**-11, atol=1e-7)
    assert torch.equal(kept["0.0.weight"], exact["0.0.weight"]) != half


def test_the_trained_network_answers_as_the_one_that_is_loaded(tmp_path):
    network, out, images = _network(), tmp_path / "w.safetensors", torch.rand(3, 1, 8, 8)
    train(network, _halves(), replace(SCHEDULE, bfloat16=True, optimizer="sgd", peak_rate=0.05), out)
    loaded = _network().eval()
    loaded.load_state_dict(load_file(out))
    assert torch.equal(loaded(images), network(images))


@pytest.mark.parametrize("moment", ["after an epoch", "amid an epoch"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path, moment, optimizer):
    whole, cut = tmp_path / "whole.safetensors", tmp_path / "cut.safetensors"
    schedule = replace(SCHEDULE, optimizer=optimizer, peak_rate=0.02)
    train(_network(), _halves(_moving), schedule, whole)

    def kill(epoch):
        if epoch.epoch == 2 and moment == "after an epoch":
            raise KeyboardInterrupt

    def moving_until_killed(images, truths, done, generator):
        if done == 3 / 4 and torch.rand((), generator=generator) < 0.5:
            raise KeyboardInterrupt
        return _moving(images, truths, done, generator)

    with pytest.raises(KeyboardInterrupt):
        train(_network(), _halves(moving_until_killed if "amid" in moment else _moving), schedule, cut, kill)
    assert not cut.exists() and cut.with_suffix(".checkpoint").exists()
    train(_network(), _halves(_moving), schedule, cut)
    assert _log(cut) == _log(whole)
    assert _same(load_file(whole), load_file(cut))


def test_a_run_that_stops_after_an_epoch_has_its_weights_and_goes_on_from_there(tmp_path):
    whole, stopped, first = (tmp_path / f"{name}.safetensors" for name in ("whole", "stopped", "first"))
    network = _network()

    def note(epoch):
        if epoch.epoch == 1:
            write_weights(deepcopy(network).to(memory_format=torch.contiguous_format), first)

    train(network, _halves(_moving), SCHEDULE, whole, note)
    train(_network(), _halves(_moving), SCHEDULE, stopped, stop_after=1)
    assert _log(stopped) == _log(whole)[:1] and _same(load_file(stopped), load_file(first))
    train(_network(), _halves(_moving), SCHEDULE, stopped)
    assert _log(stopped) == _log(whole) and _same(load_file(stopped), load_file(whole))
    assert not stopped.with_suffix(".checkpoint").exists()


def test_a_checkpoint_of_another_experiment_is_not_taken_for_this_one(tmp_path):
    out = tmp_path / "w.safetensors"
    train(_network(), _halves(), SCHEDULE, out, settings={"start": "one"}, stop_after=2)
    with pytest.raises(TilewrightError, match=r"w\.checkpoint is of a run with other settings"):
        train(_network(), _halves(), SCHEDULE, out, settings={"start": "other"})
    with pytest.raises(TilewrightError, match="is 2 epochs on, past --stop-after 1"):
        train(_network(), _halves(), SCHEDULE, out, settings={"start": "one"}, stop_after=1)
    train(_network(), _halves(), SCHEDULE, out, settings={"start": "one"})
    assert len(_log(out)) == SCHEDULE.epochs


def test_it_goes_on_in_another_type(tmp_path):
    """A GPU or a CPU with bfloat16 goes on with what one without has begun."""
    out = tmp_path / "w.safetensors"
    train(_network(), _halves(), SCHEDULE, out, stop_after=2)
    train(_network(), _halves(), replace(SCHEDULE, bfloat16=True), out)
    assert len(_log(out)) == SCHEDULE.epochs


def test_zeros_stay(tmp_path):
    network = _network()
    zeros = torch.rand(network[0][0].weight.shape, generator=torch.Generator().manual_seed(0)) < 0.5
    network[0][0].weight.data[zeros] = 0
    before = network[0][0].weight.detach().clone()
    keep_zeros(network)
    train(network, _halves(), replace(SCHEDULE, optimizer="sgd", peak_rate=0.02), tmp_path / "w.safetensors")
    assert bool((network[0][0].weight[zeros] == 0).all()) and not torch.equal(network[0][0].weight, before)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    out = tmp_path / "w.safetensors"

    def kill(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(_network(), _halves(), SCHEDULE, out, on_epoch=kill)
    with pytest.raises(TilewrightError, match="other settings: delete it"):
        train(_network(), _halves(), replace(SCHEDULE, epochs=9), out)
    with pytest.raises(TilewrightError, match="of another network: delete it"):
        train(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), _halves(), SCHEDULE, out)
    out.with_suffix(".checkpoint").write_bytes(b"noise")
    with pytest.raises(TilewrightError, match="damaged or of another network: delete it"):
        train(_network(), _halves(), SCHEDULE, out)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_gpu_trains_what_a_cpu_has_begun(tmp_path):
    checkpoint, schedule, network = tmp_path / "run.checkpoint", replace(SCHEDULE, epochs=2), _network()

    def kill(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_epochs(_network(), _halves(), schedule, checkpoint, on_epoch=kill, device=torch.device("cpu"))
    log = run_epochs(network, _halves(), schedule, checkpoint, device=torch.device("cuda"))
    assert [line["epoch"] for line in log] == [1, 2] and log[1]["loss"] < log[0]["loss"]
    assert all(one.device.type == "cpu" for one in network.parameters())


def test_a_run_that_diverges_ends(tmp_path):
    out = tmp_path / "w.safetensors"
    with pytest.raises(CheckFailed, match="epoch 1 of 4: the loss is no number any more"):
        train(_network(), _halves(), replace(SCHEDULE, optimizer="sgd", peak_rate=1e30), out)
    assert not list(tmp_path.iterdir())
