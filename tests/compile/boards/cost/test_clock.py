"""The formula, the constants and the plugin's file: what no emulator is needed for."""

import subprocess
from dataclasses import astuple, fields

import pytest
from tilewright.compile.boards.cost import counter
from tilewright.compile.boards.cost.build_plugin import plugin
from tilewright.compile.boards.cost.clock import modelled_cycles, modelled_seconds, variants
from tilewright.compile.boards.cost.core_model import Issue, issue_sets
from tilewright.compile.boards.cost.cores import CORES, core
from tilewright.compile.boards.cost.counts import Counts, from_json, to_json
from tilewright.compile.errors import TilewrightError

COUNTS = Counts(
    instructions=900,
    l2_lines=10,
    l2_lines_streamed=20,
    l3_lines=3,
    l3_lines_streamed=4,
    memory_lines=5,
    memory_lines_streamed=6,
    issue_cycles={"published": 1000.0, "width*0.5": 1500.0},
)


def test_the_formula():
    lines = CORES["cortex-a76"].lines
    misses = 10 * lines.l2 + 20 * lines.l2_streamed + 3 * lines.l3 + 4 * lines.l3_streamed
    misses += 5 * lines.memory + 6 * lines.memory_streamed
    a76 = CORES["cortex-a76"]
    assert modelled_cycles(COUNTS, a76) == pytest.approx(1000 + misses)
    assert modelled_cycles(COUNTS, a76, "width*0.5") == pytest.approx(1500 + misses)
    assert modelled_cycles(COUNTS, a76, "memory*1.5") == pytest.approx(1000 + misses + 2.5 * lines.memory)
    assert modelled_seconds(COUNTS, a76) == pytest.approx((1000 + misses) / 2.4e9)


def test_misses_are_sums_of_lines():
    assert (COUNTS.l1_misses, COUNTS.l2_misses) == (48, 18)


def test_counts_subtract_divide_and_survive_json():
    double = Counts(
        **{name: 2 * value for name, value in to_json(COUNTS).items() if name != "issue_cycles"}
        | {"issue_cycles": {"published": 2000.0, "width*0.5": 3000.0}}
    )
    assert double - COUNTS == COUNTS
    assert double / 2 == COUNTS
    assert from_json(to_json(COUNTS)) == COUNTS


@pytest.mark.parametrize("one", CORES.values(), ids=CORES)
def test_each_constant_alone_is_moved_both_ways(one):
    sets = issue_sets(one.issue)
    moved = len(fields(Issue)) - 2  # all but what says which kind of core it is
    assert len(sets) == 1 + 2 * moved
    for name, constants in sets.items():
        changed = [a / b for a, b in zip(astuple(constants), astuple(one.issue), strict=True) if a != b]
        assert changed == ([] if name == "published" else [float(name.partition("*")[2])])
    assert set(sets) < set(variants(one))


@pytest.mark.parametrize("one", CORES.values(), ids=CORES)
def test_a_further_level_costs_more_and_streaming_costs_less(one):
    lines = one.lines
    levels = [(lines.l2, lines.l2_streamed), (lines.l3, lines.l3_streamed), (lines.memory, lines.memory_streamed)]
    levels = levels if len(one.caches) == 3 else [levels[0], levels[2]]
    assert levels == sorted(levels)
    assert all(streamed < waited for waited, streamed in levels)
    assert all((cache.size // 64 // cache.ways).bit_count() == 1 for cache in one.caches)  # caches.h masks the set


def test_an_unknown_core_is_named_with_the_near_ones():
    with pytest.raises(TilewrightError, match="unknown core 'cortex-a75': did you mean cortex-a7"):
        core("cortex-a75")


def test_no_plugin_no_counts(monkeypatch, tmp_path):
    monkeypatch.delenv(counter.VARIABLE, raising=False)
    with pytest.raises(TilewrightError, match="TILEWRIGHT_COUNTS is not set"):
        counter.read_counts()
    monkeypatch.setenv(counter.VARIABLE, str(tmp_path / "counts"))
    with pytest.raises(TilewrightError, match="no answer in"):
        counter.read_counts()


@pytest.mark.slow
def test_the_plugin_is_built_once(tmp_path):
    built = plugin(tmp_path)
    before = built.stat().st_mtime_ns
    assert plugin(tmp_path) == built
    assert built.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == [built.name]


@pytest.mark.slow
def test_an_argument_that_cannot_be_read_stops_the_emulator(tmp_path):
    from programs import EMULATOR, assemble

    program = assemble("nop", tmp_path)
    for argument in ("issue=short:1:2", "cach=1:2:3", "cache=9:64:1"):
        command = [EMULATOR, "-plugin", f"{plugin()},{argument}", str(program)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode != 0
        assert f"cannot read the argument {argument[:8]}" in done.stderr
