"""A TOML file becomes points, and mistakes in it one line each."""

from pathlib import Path

import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.sweeping.sweep import open_sweep
from tilewright.compile.sweeping.toml import words_of


def points(tmp_path, text):
    file = tmp_path / "grid.toml"
    file.write_text(text)
    return [plan.point for plan in open_sweep(file, tmp_path / "out").plans]


def commands(tmp_path, text):
    file = tmp_path / "grid.toml"
    file.write_text(text)
    (plan,) = open_sweep(file, tmp_path / "out").plans
    lines = "\n".join(" ".join(step.words) for step in plan.steps)
    for step in plan.steps:
        lines = lines.replace(str(step.folder), f"<{step.verb}>")
    return lines.split("\n")


GRID = """
[grid]
model = ["lenet5", "resnet20"]
"prune.ratio" = [0.1, 0.5]
quantize = [false, true]
[[also]]
model = "unet"
"prune.ratio" = 0.3
[quantize]
method = "mse"
[prune]
round_to = 1
"""


def test_every_combination_and_what_stands_beside(tmp_path):
    found = points(tmp_path, GRID)
    assert len(found) == 9 and len({point.name for point in found}) == 9
    assert found[0].tables == {"prune": {"round_to": 1, "ratio": 0.1}}
    assert found[1].tables == {**found[0].tables, "quantize": {"method": "mse"}}
    assert found[-1].model == "unet" and found[-1].tables["prune"]["ratio"] == 0.3


def test_what_is_turned_off_has_no_settings(tmp_path):
    text = 'model = "lenet5"\n[grid]\nprune = [false]\n"prune.ratio" = [0.1, 0.5]\n[prune]\n[bench]\n'
    (point,) = points(tmp_path, text)
    assert set(point.tables) == {"bench"} and point.settings == {"prune": False}


def test_an_option_in_the_grid_needs_no_quotes(tmp_path):
    quoted = points(tmp_path, GRID)
    assert points(tmp_path, GRID.replace('"prune.ratio"', "prune.ratio")) == quoted


def test_weights_false_are_the_models_own(tmp_path):
    own, other = points(tmp_path, 'model = "lenet5"\n[grid]\nweights = [false, "w.pt"]\n[bench]\n')
    assert (own.weights, other.weights) == (None, "w.pt")


def test_a_repeated_option_has_a_list_for_a_value(tmp_path):
    text = 'model = "lenet5"\n[grid]\n"prune.layer" = [["conv1=0.5", "fc1=0.2"], "fc1=0.3"]\n[prune]\n'
    both, one = points(tmp_path, text)
    assert both.tables["prune"]["layer"] == ["conv1=0.5", "fc1=0.2"] and one.tables["prune"]["layer"] == "fc1=0.3"
    assert both.settings == {"prune.layer": "conv1=0.5 fc1=0.2"}


def test_a_point_keeps_its_name_when_the_grid_grows(tmp_path):
    grown = GRID.replace("[0.1, 0.5]", "[0.1, 0.2, 0.5]")
    assert {point.name for point in points(tmp_path, GRID)} < {point.name for point in points(tmp_path, grown)}


def test_each_step_goes_on_with_what_the_last_one_wrote(tmp_path):
    text = 'model = "resnet20"\nweights = "w.pt"\n[prune]\nmacs = 0.5\n[distill]\nteacher = "resnet56"\n'
    text += '[quantize]\nper-tensor = true\nkeep = ["a", "b"]\n[eval]\npart = "test"\n'
    assert commands(tmp_path, text) == [
        "prune resnet20 --macs=0.5 --weights=w.pt --json=<prune>/prune.json --output=<prune>/prune.safetensors",
        "distill resnet20 resnet56 --weights=<prune>/prune.safetensors --json=<distill>/distill.json "
        "--output=<distill>/distill.safetensors",
        "quantize resnet20 --per-tensor --keep=a --keep=b --weights=<distill>/distill.safetensors "
        "--output=<quantize>/quantize.onnx",
        "eval <quantize>/quantize.onnx --part=test --json=<eval>/eval.json",
    ]


def folders(tmp_path, text):
    file = tmp_path / "grid.toml"
    file.write_text(text)
    return [[step.folder.name for step in plan.steps] for plan in open_sweep(file, tmp_path / "out").plans]


def test_points_that_begin_alike_share_the_beginning(tmp_path):
    text = 'model = "lenet5"\n[grid]\nquantize = [false, true]\n[prune]\nratio = 0.5\n[quantize]\n[bench]\n'
    (pruned, bench), (shared, quantized, other_bench) = folders(tmp_path, text)
    assert pruned == shared and len({pruned, quantized, bench, other_bench}) == 4
    (kept, measured_anew), (_, quantized_before, _) = folders(tmp_path, text + 'threads = "1,2"\n')
    assert (kept, quantized_before) == (pruned, quantized) and measured_anew != bench
    (anew, _), (_, quantized_anew, _) = folders(tmp_path, text.replace("0.5", "0.6"))
    assert anew != pruned and quantized_anew != quantized


def test_another_file_of_the_same_name_makes_another_point(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = 'model = "lenet5"\n[prune]\nstart = "rewind"\nrewind = "start.safetensors"\nepochs = 1\n'
    names = [points(tmp_path, text)[0].name]
    for content in ("one", "other", "one"):
        (tmp_path / "start.safetensors").write_text(content)
        names.append(points(tmp_path, text)[0].name)
    assert len(set(names)) == 3 and names[1] == names[3]


MISTAKES = {
    "model = ": "Invalid value",
    "[prune]\nratio = 0.5": "says no model",
    'model = "lenet5"': "there is nothing to run",
    'model = "lenet5"\n[prune]\nratoi = 0.5': r"unknown option in \[prune\] 'ratoi': did you mean ratio",
    'model = "lenet5"\n[prune]\noutput = "x"': "unknown option",
    'model = "lenet5"\n[prune]\nlayer = { a = 1 }': "layer takes a value or a list",
    'model = "lenet5"\n[grid]\n"prun.ratio" = [0.5]\n[prune]': "unknown setting in .*did you mean prune",
    'model = "lenet5"\n[grid]\nprune = [0.5]\n[prune]': "its values are true and false",
    'model = "lenet5"\n[grid]\nprune = true\n[prune]': "grid.prune: Input should be a valid list",
    'model = "lenet5"\n[grid]\nprune.ratio = 0.5\n[prune]': "grid.prune.ratio: Input should be a valid list",
    'model = "lenet5"\n[grid]\nprune.ratio = [0.5]\n[bench]': r"prune.ratio: there is no table \[prune\]: write one",
    'model = "lenet5"\n[grid]\nweights = [false, true]\n[prune]': "weights = true: give a name, or false",
    'model = "lenet5"\n[slurm]\ntime = "04:00:00"\n[prune]': "slurm: time = '04:00:00': give minutes, such as 240",
    'modle = "lenet5"\n[prune]': "unknown table or setting in .*'modle': did you mean model",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_name_the_file_and_the_place(tmp_path, text):
    with pytest.raises(TilewrightError, match=MISTAKES[text]) as raised:
        points(tmp_path, text)
    assert str(tmp_path / "grid.toml") in str(raised.value)


def test_words():
    table = {"round_to": 8, "dynamic": True, "symmetric": False, "bfloat16": False, "layer": ["a=1", "b=2"]}
    known = dict.fromkeys(("--round-to", "--dynamic", "--symmetric", "--layer")) | {"--bfloat16": "--float32"}
    assert words_of(table, known, "x") == ["--round-to=8", "--dynamic", "--float32", "--layer=a=1", "--layer=b=2"]


RECIPES = sorted((Path(__file__).parents[3] / "models" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_that_ship_are_sweeps(tmp_path, path):
    assert len(open_sweep(path, tmp_path).plans) > 1


def test_other_weights_of_the_same_name_are_another_point(tmp_path):
    weights = tmp_path / "w.safetensors"
    text = f'model = "lenet5"\nweights = "{weights}"\n[prune]\n'
    names = []
    for content in (None, b"one", b"two", b"one"):
        if content is not None:
            weights.write_bytes(content)
        names.append(points(tmp_path, text)[0].name)
    assert len(set(names[:3])) == 3 and names[1] == names[3]


@pytest.mark.slow
def test_a_verb_takes_its_options_from_a_recipe(cli, fails, tmp_path):
    recipe, out = tmp_path / "half.toml", tmp_path / "lenet5.safetensors"
    recipe.write_text('[prune]\nstructure = "weights"\nratio = 0.5\n')
    assert "zeros 50%" in cli("prune", "lenet5", "-o", out, "--recipe", recipe).stdout
    done = cli("prune", "lenet5", "-o", out, "--recipe", recipe, "--ratio", 0.25)
    assert "zeros 25%" in done.stdout, "what was typed wins"
    fails("train", "lenet5", "-o", out, "--recipe", recipe, says="has no table [train]")
    recipe.write_text('[distill]\nteacher = "lenet6"\nepochs = 1\n')
    fails("distill", "lenet5", "-o", out, "--recipe", recipe, says="did you mean lenet5")
    fails("distill", "lenet5", "vgg", "-o", out, "--recipe", recipe, says="'vgg'")
    fails("prune", "lenet5", "-o", out, "--recipe", tmp_path / "none.toml", says="No such file")
    recipe.write_text("[prune]\nratios = 0.5\n")
    fails("prune", "lenet5", "-o", out, "--recipe", recipe, says="unknown option in [prune] of")
