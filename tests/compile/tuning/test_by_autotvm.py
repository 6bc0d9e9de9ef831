"""AutoTVM's tuners over our spaces: all of a space, each once, and what is on record counts as told."""

import random

import numpy as np
import pytest
from tilewright.compile.importing import import_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.sources.by_autotvm import ByAutoTvm
from tilewright.compile.tuning.sources.tuner import AUTOTVM
from tilewright.compile.tuning.tasks import tasks_of
from tilewright.schedules.layers import Conv2d

TARGET = resolve("x86-avx2")


@pytest.fixture(scope="module")
def task():
    """The layer of LPRNet's with the largest space: kernels of ours and templates of TVM's."""
    tasks = tasks_of([import_model("lprnet", check=False, weights="random")], TARGET, require_choice(TARGET))
    return max((one for one in tasks if isinstance(one.layer, Conv2d)), key=lambda one: len(one.candidates))


@pytest.fixture(autouse=True)
def same_chances():
    """AutoTVM draws from both."""
    random.seed(0)
    np.random.seed(0)


def seconds_of(one):
    """A space in which only a knob that is a word matters."""
    return 1e-3 if "filters" in one.settings.values() else 3e-3


def proposals(source, batch):
    while found := source.next(batch):
        for one in found:
            yield one
            source.tell(one, seconds_of(one), 1.0)
    assert source.left == 0


@pytest.mark.parametrize("kind", AUTOTVM)
@pytest.mark.parametrize("batch", [1, 5])
def test_a_tuner_proposes_all_of_a_space_once(task, kind, batch):
    space = [*task.candidates, *task.templates]
    found = list(proposals(ByAutoTvm(task, space, {}, TARGET, kind), batch))
    assert len(found) == len(set(found)) and set(found) == set(space)


@pytest.mark.parametrize("kind", AUTOTVM)
def test_what_is_on_record_is_not_proposed(task, kind):
    space = [*task.candidates, *task.templates]
    known = {one: seconds_of(one) for one in space[::2]}
    assert set(proposals(ByAutoTvm(task, space[1::2], known, TARGET, kind), 4)) == set(space[1::2])


def test_xgboost_learns_what_a_word_is_worth(task):
    space = [one for one in task.candidates if one.kernel.name == "direct_conv2d"]
    found = list(proposals(ByAutoTvm(task, space, {}, TARGET, "xgboost"), 4))
    first, later = found[:4], [seconds_of(one) for one in found[4:]]
    assert len(set(map(seconds_of, first))) == len(set(later)) == 2, "both words are left to be told apart"
    assert later == sorted(later), "after the first four the fast ones come first"


def test_xgboost_starts_from_what_like_layers_say(task):
    space = [*task.candidates]
    merits = {one: 0.9 if seconds_of(one) == 1e-3 else 0.1 for one in space}
    for expected in (merits, dict.fromkeys(space, 0.0)):
        source = ByAutoTvm(task, space, {}, TARGET, "xgboost", merits=expected)
        found = list(proposals(source, 1))
        assert set(found) == set(space)
        if expected is merits:
            first = next(one for one in found if one.kernel.name == "direct_conv2d")
            assert seconds_of(first) == 1e-3


def test_what_like_layers_say_is_only_where_it_starts(task):
    """They are wrong here: what was measured counts for more."""
    space = [one for one in task.candidates if one.kernel.name == "direct_conv2d"]
    misled = {one: 0.0 if seconds_of(one) == 1e-3 else 0.9 for one in space}
    slow = [
        seconds_of(one) == 3e-3 for one in proposals(ByAutoTvm(task, space, {}, TARGET, "xgboost", None, misled), 4)
    ]
    assert all(slow[:4]) and not all(slow[-4:])
