"""RAPL's counters, as files like Linux's."""

import pytest
from tilewright.compile.benchmarking.energy.rapl import open_rapl
from tilewright.compile.errors import TilewrightError

RANGE = 262_143_328_850  # max_energy_range_uj of a Xeon, as Linux shows it


def add_zone(powercap, zone, name, microjoules, most=RANGE):
    folder = powercap / zone
    folder.mkdir()
    (folder / "name").write_text(f"{name}\n")
    (folder / "max_energy_range_uj").write_text(f"{most}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder / "energy_uj"


def test_all_packages_are_summed_and_nothing_else(tmp_path):
    first = add_zone(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    second = add_zone(tmp_path, "intel-rapl:1", "package-1", 5)
    core = add_zone(tmp_path, "intel-rapl:0:0", "core", 0)  # in its package already
    platform = add_zone(tmp_path, "intel-rapl:2", "psys", 0)  # everything, once more
    meter = open_rapl(tmp_path)
    meter.start()
    for counter, microjoules in ((first, 3_500_000), (second, 250_005), (core, 10**9), (platform, 10**9)):
        counter.write_text(f"{microjoules}\n")
    assert meter.stop() == pytest.approx(2.5 + 0.25)


def test_a_counter_that_begins_again(tmp_path):
    counter = add_zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 1_000_000)
    meter = open_rapl(tmp_path)
    meter.start()
    counter.write_text("2000000\n")
    assert meter.stop() == pytest.approx(3.0)
    meter.start()
    assert meter.stop() == 0.0, "each window begins anew"


def test_each_package_begins_again_at_its_own_range(tmp_path):
    counters = [add_zone(tmp_path, f"intel-rapl:{n}", f"package-{n}", 900, most) for n, most in ((0, 1000), (1, 5000))]
    meter = open_rapl(tmp_path)
    meter.start()
    for counter in counters:
        counter.write_text("100")
    assert meter.stop() == pytest.approx((200 + 4200) / 1e6)


def test_a_machine_without_counters(tmp_path):
    with pytest.raises(TilewrightError, match="this machine has no energy counters"):
        open_rapl(tmp_path / "absent")


def test_a_counter_that_cannot_be_read_says_how_it_can(tmp_path, monkeypatch):
    counter = add_zone(tmp_path, "intel-rapl:0", "package-0", 1)
    read_text = type(counter).read_text

    def refuse(path, **options):  # the tests may run as root, who may read anything
        if path == counter:
            raise PermissionError(13, "Permission denied")
        return read_text(path, **options)

    monkeypatch.setattr(type(counter), "read_text", refuse)
    with pytest.raises(TilewrightError, match=rf"root only: run `sudo chmod a\+r {counter}`"):
        open_rapl(tmp_path)


def test_stop_comes_after_start(tmp_path):
    add_zone(tmp_path, "intel-rapl:0", "package-0", 1)
    meter = open_rapl(tmp_path)
    meter.start()
    meter.stop()
    with pytest.raises(TilewrightError, match="stopped before it was started"):
        meter.stop()
