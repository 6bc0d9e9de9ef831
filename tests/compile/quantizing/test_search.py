"""Mixed precision: which layers stay fp32, and that it is said why."""

import json
from dataclasses import replace

import onnx
import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing.static_shapes import static_shapes
from tilewright.compile.quantizing.floating import read_floating
from tilewright.compile.quantizing.layer_times import node_geometry
from tilewright.compile.quantizing.recipe import Recipe
from tilewright.compile.quantizing.search import LayerChoice, all_integer, measured_layers, search
from tilewright.compile.report.quantized_layers import layers_table
from tilewright.models import data


def layer(name, snr, fp32=100.0, int8=50.0):
    slow = int8 > 0.95 * fp32
    return LayerChoice(name, "Conv", snr, fp32, int8, "fp32" if slow else "int8", "no faster" if slow else "faster")


def accuracy_of(costs):
    """Accuracy 0.9, less what each layer that is not kept costs."""
    return lambda recipe: 0.9 - sum(cost for name, cost in costs.items() if name not in recipe.keep)


def test_nothing_goes_back_where_nothing_is_lost():
    layers = [layer("a", 40), layer("b", 30)]
    found = search(layers, Recipe(), accuracy_of({}), 0.9, 0.0)
    assert found.recipe.keep == () and {one.precision for one in found.layers} == {"int8"}


def test_the_noisiest_layers_go_back_first_and_no_more_than_needed():
    layers = [layer("quiet", 50), layer("loud", 10), layer("noisy", 20), layer("calm", 45)]
    found = search(layers, Recipe(), accuracy_of({"loud": 0.03, "noisy": 0.01, "quiet": 0.001}), 0.9, 0.005)
    assert set(found.recipe.keep) == {"loud", "noisy"}
    assert found.chosen == pytest.approx(0.899)
    assert [one.why for one in found.layers if one.node == "loud"] == ["costs too much accuracy"]


def test_of_equal_noise_the_one_that_gains_less_time_goes_back():
    layers = [layer("gains", 20, 100, 10), layer("gains little", 20, 100, 90)]
    found = search(layers, Recipe(), accuracy_of({"gains": 0.01, "gains little": 0.01}), 0.9, 0.011)
    assert found.recipe.keep == ("gains little",)


def test_what_is_no_faster_stays_fp32_whatever_its_accuracy():
    found = search([layer("slow", 60, 100, 99), layer("fast", 60)], Recipe(keep=("Gemm",)), accuracy_of({}), 0.9, 0.1)
    assert found.recipe.keep == ("Gemm", "slow")


def test_a_drop_that_no_choice_avoids_is_told():
    with pytest.raises(TilewrightError, match="--max-drop"):
        search([layer("a", 30)], Recipe(), lambda recipe: 0.5, 0.9, 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["resnet20", "mobilenetv2", "vgg16-cifar"])
def test_every_layer_of_a_network_is_timed(model):
    """The geometry read off an ONNX node is the one of the layer that a kernel computes."""
    from tilewright.compile.importing import import_model
    from tilewright.compile.quantizing.layer_times import _parts
    from tilewright.compile.targets import resolve
    from tilewright.compile.tuning.choose import require_choice
    from tilewright.schedules.layers import to_key
    from tilewright.schedules.relay import to_blocks

    imported = import_model(model, weights="random", check=False)
    choice = require_choice(resolve("native"))
    timed = set()

    def note(one):
        chosen = choice(one)
        if chosen is not None:
            timed.update(geometry for geometry, _ in _parts(to_key(one)))
        return chosen

    to_blocks(imported.module, 1, choice.machine, note)
    graph = read_floating(model, weights="random").graph
    shapes = static_shapes(graph.graph)
    nodes = [node for node in graph.graph.node if node.op_type in ("Conv", "Gemm", "ConvTranspose")]
    assert nodes and {node_geometry(node, shapes) for node in nodes} <= timed


def test_layers_are_judged_by_both_times():
    graph = read_floating("lenet5", weights="random").graph
    errors = {node.name: 30.0 for node in graph.graph.node}
    shapes = static_shapes(graph.graph)
    places = [node_geometry(node, shapes) for node in graph.graph.node if node.op_type in ("Conv", "Gemm")]
    fast = dict.fromkeys(places, 10.0)
    layers = measured_layers(graph, errors, dict.fromkeys(places, 20.0), {**fast, places[0]: 19.5})
    assert [one.precision for one in layers] == ["fp32", "int8", "int8", "int8", "int8"]
    assert layers[0].why == "no faster on integers"
    assert replace(layers[1], fp32_us=None).gain == 0.0


@pytest.mark.skipif(not data.available("cifar10-jpeg"), reason="no data to judge by")
@pytest.mark.all
def test_search_on_a_real_network(cli, tmp_path):
    output = tmp_path / "mixed.onnx"
    done = cli("quantize", "resnet20", "-o", output, "--search", "--limit", "100", "--threads", "1")
    assert done.code == 0, done.stderr
    assert "why" in done.stdout and "accuracy on the calibration part" in done.stdout
    said = {entry.key: entry.value for entry in onnx.load(output).metadata_props}
    assert json.loads(said["tilewright.quantization"])["recipe"]["method"] == "percentile"


def test_search_needs_accuracy(fails, tmp_path):
    options = ("--search", "--weights", "random")
    fails("quantize", "resnet20", "-o", tmp_path / "x.onnx", *options, says="random weights")


def test_a_network_that_is_no_faster_has_a_warning():
    found = search([layer("a", 40), layer("slow", 50, 100, 99)], Recipe(), accuracy_of({}), 0.9, 0.0)
    assert not found.warning and not replace(found, fp32_us=10.0, chosen_us=9.0).warning
    slower = replace(found, fp32_us=10.0, chosen_us=12.0)
    assert "no faster than fp32" in slower.warning and "no faster than fp32" in layers_table(slower).title
    whole = replace(all_integer(slower, Recipe(), 0.89), chosen_us=8.0)
    assert {one.precision for one in whole.layers} == {"int8"} and whole.chosen == 0.89 and not whole.warning
