"""Packed weights stay within a budget, and what gives way is what loses the least time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.compile.explaining.explain import choices_for
from tilewright.compile.tuning.choice import RecordedChoice
from tilewright.compile.tuning.memory import ever_smaller, packed_bytes, plain_bytes, spare_memory
from tilewright.compile.tuning.record import Record
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules import machines
from tilewright.schedules.kernels import candidates
from tilewright.schedules.layers import Conv2d, to_key

MACHINE = machines.get("x86-vnni")
WIDE = Conv2d(1, 64, 8, 8, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
SMALL = Conv2d(1, 64, 4, 4, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)
NARROW = Conv2d(1, 32, 8, 8, 64, (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), 1, 16, 16)


def module_of(inputs, *steps):
    """A network of 3x3 convolutions, each with so many filters, and of "pool"s that halve the map."""
    from tvm import IRModule, relay

    value = relay.var("input", shape=(1, inputs, 8, 8))
    params = [value]
    for number, step in enumerate(steps):
        if step == "pool":
            value = relay.nn.max_pool2d(value, (2, 2), (2, 2))
            continue
        params.append(relay.var(f"weight{number}", shape=(step, inputs, 3, 3)))
        value = relay.nn.conv2d(value, params[-1], padding=(1, 1), channels=step, kernel_size=(3, 3))
        inputs = step
    return relay.transform.InferType()(IRModule.from_expr(relay.Function(params, value)))


def choice_of(times):
    """`times`: layer -> microseconds of F(4x4), F(2x2) and the direct convolution."""
    records = []
    for layer, three in times.items():
        kinds = {("winograd_conv2d", 4): three[0], ("winograd_conv2d", 2): three[1], ("direct_conv2d", 0): three[2]}
        for one in candidates(layer, MACHINE):
            taken = kinds.pop((one.kernel.name, one.settings.get("m", 0)), None)
            if taken is not None:
                common = {"target": "x86-vnni", "tvm": TVM_VERSION, "cpu": "a CPU", "model": "a model"}
                records.append(
                    Record(
                        to_key(layer),
                        kernel=one.kernel.name,
                        config=one.settings,
                        threads=1,
                        microseconds=taken,
                        **common,
                    )
                )
        assert not kinds
    return RecordedChoice(records, MACHINE)


@pytest.fixture
def choice():
    return choice_of({WIDE: (10.0, 12.0, 30.0), NARROW: (5.0, 5.1, 15.0)})


def test_the_smaller_candidates_of_a_layer(choice):
    found = ever_smaller(WIDE, choice.ranked(WIDE))
    assert [round(packed_bytes(WIDE, one) / plain_bytes(WIDE), 2) for one in found] == [4.0, 1.78, 1.0]


def test_within_the_budget_nothing_gives_way(choice):
    module = module_of(32, 64, 64)
    assert spare_memory(module, 1, choice)(WIDE) == choice(WIDE)


def test_the_cheapest_byte_is_saved_first(choice):
    module = module_of(32, 64, 64)
    now = sum(packed_bytes(layer, choice(layer)) - plain_bytes(layer) for layer in (WIDE, NARROW))
    spared = spare_memory(module, 1, choice, now - 1)
    assert spared(WIDE) == choice(WIDE)
    assert spared(NARROW).settings["m"] == 2
    known = choices_for(NARROW, spared)
    assert known.ground == "preferred" and spared.ground(WIDE) != "preferred"
    assert choice(NARROW).settings["m"] == 4, "the choice it came from is as it was"


def test_a_layer_that_comes_twice_saves_twice(choice):
    once, twice = module_of(32, 64, 64), module_of(32, 64, 64, 64)
    saved = packed_bytes(NARROW, choice(NARROW)) - packed_bytes(NARROW, ever_smaller(NARROW, choice.ranked(NARROW))[1])
    total = [
        sum(packed_bytes(one, choice(one)) - plain_bytes(one) for one in all_of_them)
        for all_of_them in ((NARROW, WIDE), (NARROW, WIDE, WIDE))
    ]
    assert spare_memory(once, 1, choice, total[0] - saved)(WIDE) == choice(WIDE)
    assert spare_memory(twice, 1, choice, total[0])(WIDE) != choice(WIDE)


def test_no_budget_leaves_direct_convolutions(choice):
    spared = spare_memory(module_of(32, 64, 64), 1, choice, 0)
    assert {spared(layer).kernel.name for layer in (WIDE, NARROW)} == {"direct_conv2d"}


def more_than_plain(choose, layers):
    return sum(packed_bytes(layer, choose(layer)) - plain_bytes(layer) for layer in layers)


def tiles_of(choose, layers):
    return [choose(layer).settings.get("m", 1) for layer in layers]


def test_without_records_what_needs_little_more_work_gives_way():
    unknown = RecordedChoice((), MACHINE)
    layers = (WIDE, SMALL)  # F(2x2) does 447 and 112 thousand multiply-adds more, for the same bytes
    spared = spare_memory(module_of(64, 64, "pool", 64), 1, unknown, more_than_plain(unknown, layers) - 1)
    assert tiles_of(unknown, layers) == [4, 4] and tiles_of(spared, layers) == [4, 2]
    assert spared.untuned == {to_key(layer) for layer in layers}, "nothing on record decided that"
    assert (spared.ground(SMALL), spared.ground(WIDE)) == ("preferred", "unknown")


def test_of_several_ways_to_save_enough_the_one_that_loses_the_least_is_taken():
    unknown = RecordedChoice((), MACHINE)
    # A byte of the narrow one costs less, but where its bytes are too few the wide one's are enough.
    layers = (NARROW, WIDE)
    large, small, *_ = (packed_bytes(NARROW, one) for one in ever_smaller(NARROW, candidates(NARROW, MACHINE)))
    module, enough = module_of(32, 64, 64), more_than_plain(unknown, layers) - (large - small)
    assert tiles_of(spare_memory(module, 1, unknown, enough), layers) == [2, 4]
    assert tiles_of(spare_memory(module, 1, unknown, enough - 1), layers) == [4, 2]


@settings(max_examples=30, deadline=None)
@given(share=st.floats(0, 1), known=st.booleans())
def test_no_layer_gives_way_in_vain(share, known):
    choose = choice_of({WIDE: (10.0, 12.0, 30.0), NARROW: (5.0, 5.1, 15.0)}) if known else RecordedChoice((), MACHINE)
    layers = (NARROW, WIDE, WIDE)
    most = int(share * more_than_plain(choose, layers))
    spared = spare_memory(module_of(32, 64, 64, 64), 1, choose, most)
    extra = more_than_plain(spared, layers)
    assert extra <= most
    for layer in {one for one in layers if spared(one) != choose(one)}:
        back = packed_bytes(layer, choose(layer)) - packed_bytes(layer, spared(layer))
        assert extra + layers.count(layer) * back > most
