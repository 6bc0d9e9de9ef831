"""Training a quantized LeNet5: it learns, goes on after a kill, and its file computes what was trained."""

import json

import numpy as np
import onnx
import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing.quantization_note import quantization_note
from tilewright.compile.quantizing import Recipe
from tilewright.compile.quantizing.calibrate import Calibrated
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.quantizing.observe import float_tensors
from tilewright.compile.quantizing.quantize import put_pairs
from tilewright.compile.quantizing.statistics import Range
from tilewright.models.compress.quantize.as_pairs import train_quantized
from tilewright.models.compress.quantize.simulated import simulate
from tilewright.models.compress.quantize.training import Training

W4A4 = Recipe("mse", weight_bits=4, activation_bits=4, edge_bits=4)


def trained(output, recipe=W4A4, **how):
    return train_quantized("lenet5", output, recipe, Training(threads=1, **how), limit=16)


@pytest.mark.parametrize("learned", [False, True], ids=["spanning", "learned"])
@pytest.mark.parametrize("recipe", [Recipe(), W4A4], ids=["int8", "W4A4"])
def test_it_learns_and_its_file_computes_what_was_trained(recipe, learned, tmp_path, plain_digits):
    done = trained(tmp_path / "x.onnx", recipe, epochs=3, learning_rate=3e-3, learned_step=learned)
    lines = [json.loads(line) for line in (tmp_path / "x.log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.log.jsonl", "x.onnx"]
    graph = onnx.load(tmp_path / "x.onnx")
    note = quantization_note(graph)
    assert note["training"]["seconds"] == done.seconds > 0
    assert note["training"]["calibration_accuracy"] == {"before": done.before, "after": lines[-1]["accuracy"]}
    assert note["recipe"]["weight_bits"] == recipe.weight_bits


def calibrated_lenet5():
    """LeNet5 with ranges that no data is needed for."""
    floating = read_floating("lenet5", weights="random")
    ranges = {name: Range(-1.0, 3.0) for name in float_tensors(floating.graph)}
    return Calibrated(floating.source, floating.graph, ranges, "none")


@pytest.mark.parametrize("learned", [False, True], ids=["spanning", "learned"])
@pytest.mark.parametrize("recipe", [Recipe(), Recipe(weight_bits=7), W4A4], ids=["int8", "7 bits", "W4A4"])
def test_after_steps_the_graph_is_the_module(recipe, learned, after_steps):
    calibrated = calibrated_lenet5()
    simulated = simulate(put_pairs(calibrated, recipe).graph, calibrated.graph, recipe.weight_bits, learned)
    ours, theirs = after_steps(simulated)
    alike = np.abs(ours - theirs).max(axis=1) <= 1e-4 * np.abs(theirs).max()
    assert alike.mean() >= 0.8  # a rounding may fall the other way


def test_untrained_the_graph_comes_back_as_it_was():
    calibrated = calibrated_lenet5()
    start = put_pairs(calibrated, W4A4).graph
    back = simulate(start, calibrated.graph, 4, learned=False).written()
    for before, after in zip(start.graph.initializer, back.graph.initializer, strict=True):
        np.testing.assert_array_equal(onnx.numpy_helper.to_array(before), onnx.numpy_helper.to_array(after))


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path, plain_digits):
    trained(tmp_path / "whole.onnx", epochs=3, learned_step=True)

    def kill(epoch):
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    how = Training(3, learned_step=True, threads=1)
    with pytest.raises(KeyboardInterrupt):
        train_quantized("lenet5", tmp_path / "cut.onnx", W4A4, how, limit=16, on_epoch=kill)
    assert not (tmp_path / "cut.onnx").exists() and (tmp_path / "cut.checkpoint").exists()
    with pytest.raises(TilewrightError, match="other settings: delete it"):
        trained(tmp_path / "cut.onnx", Recipe(), epochs=3, learned_step=True)
    with pytest.raises(TilewrightError, match="other settings: delete it"):  # its steps are of other pictures
        train_quantized("lenet5", tmp_path / "cut.onnx", W4A4, how, limit=8)
    trained(tmp_path / "cut.onnx", epochs=3, learned_step=True)
    whole, cut = (onnx.load(tmp_path / f"{name}.onnx").graph.initializer for name in ("whole", "cut"))
    for one, other in zip(whole, cut, strict=True):
        assert one.SerializeToString() == other.SerializeToString()
    assert not (tmp_path / "cut.checkpoint").exists()


def test_what_cannot_be_trained(fails, tmp_path):
    output = tmp_path / "x.onnx"
    fails("quantize-aware", "lenet5", "-o", output, "--weights", "random", says="only a zoo model with trained weights")
    fails("quantize-aware", "lenet5", "-o", output, "--activation-bits", "4", says="go with 4-bit weights")
    assert not output.exists()
