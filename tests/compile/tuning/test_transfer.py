"""What is known of like layers and sibling targets is tried first."""

import json
from dataclasses import replace

import pytest
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.log import append, read_log
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.transfer import Experience
from tilewright.compile.tvm_stack import TVM_VERSION, compiler
from tilewright.schedules import machines
from tilewright.schedules.layers import Conv2d, to_key

LAYER = Conv2d(1, 64, 56, 56, 64, (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1, 16, 16)


@pytest.fixture(scope="module")
def space():
    compiler()
    from tilewright.schedules.kernels import candidates

    return list(candidates(LAYER, machines.get("cortex-a72")))


def measured(one, microseconds, layer=LAYER, target="rpi4"):
    settings = one.settings
    return Record(to_key(layer), target, TVM_VERSION, one.kernel.name, settings, 1, microseconds, "a CPU", "", "alone")


def test_without_experience_the_order_stays(space, tmp_path):
    assert Experience(resolve("rpi4"), tmp_path).order(LAYER, space) == space


@pytest.mark.parametrize(
    ("layer", "target"),
    [(replace(LAYER, height=28, width=28), "rpi4"), (LAYER, "rpi5"), (replace(LAYER, filters=128), "rpi4")],
)
def test_what_did_well_on_a_like_layer_comes_first(space, tmp_path, layer, target):
    best, second, worst = space[5], space[3], space[0]
    append([measured(one, time, layer, target) for one, time in ((best, 5.0), (second, 6.0), (worst, 50.0))], tmp_path)
    ordered = Experience(resolve("rpi4"), tmp_path).order(LAYER, space)
    assert ordered[:3] == [best, second, worst] and sorted(map(repr, ordered)) == sorted(map(repr, space))


@pytest.mark.parametrize(
    ("layer", "target"),
    [
        (replace(LAYER, kernel=(3, 3), pads=(1, 1, 1, 1)), "rpi4"),
        (LAYER, "x86-avx2"),
        (replace(LAYER, filters=4096), "rpi4"),
    ],
)
def test_other_layers_and_architectures_say_nothing(space, tmp_path, layer, target):
    append([measured(space[5], 5.0, layer, target), measured(space[0], 50.0, layer, target)], tmp_path)
    assert Experience(resolve("rpi4"), tmp_path).order(LAYER, space) == space


@pytest.mark.parametrize(
    "other",
    [{"layer": "conv3d", "batch": 1}, {"layer": "dense", "rows": 1, "lanes": 8}, {"layer": "dense"}, {}, 5, [], "5"],
)
def test_lines_of_another_versions_layers_are_passed_over(space, tmp_path, other):
    append([replace(measured(space[5], 5.0), layer=json.dumps(other)), measured(space[3], 6.0)], tmp_path)
    assert Experience(resolve("rpi4"), tmp_path).order(LAYER, space)[0] == space[3]
    (told,) = read_log("rpi4", tmp_path).passed_over
    assert told.endswith("1 lines of layers that this version lacks are not used")


def test_what_would_be_known_without(space, tmp_path):
    mine, theirs = space[5], space[3]
    append([measured(mine, 5.0), measured(space[0], 50.0)], tmp_path)
    append([measured(theirs, 5.0, target="rpi5"), measured(space[0], 50.0, target="rpi5")], tmp_path)
    known = Experience(resolve("rpi4"), tmp_path)
    assert known.without(LAYER).order(LAYER, space)[0] == theirs
    assert known.without(siblings=False).order(LAYER, space)[0] == mine
    assert known.without(LAYER, siblings=False).order(LAYER, space) == space
