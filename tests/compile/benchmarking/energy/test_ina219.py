"""The INA219 by its datasheet's arithmetic (Texas Instruments SBOS448G, 8.5.1 and 8.6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tilewright.compile.benchmarking.energy.ina219 import Ina219, open_ina219
from tilewright.compile.errors import TilewrightError


class Chip:
    """Its registers for `amperes` through `ohms` at `volts`, as equations 4 and 5 of the datasheet have them."""

    def __init__(self, ohms, volts, amperes):
        self.ohms, self.volts, self.amperes, self.registers = ohms, volts, amperes, {0: 0x399F, 5: 0}

    def write(self, register, value):
        assert register in (0, 5) and 0 <= value <= 0xFFFF
        self.registers[register] = value & 0xFFFE if register == 5 else value

    def read(self, register):
        shunt = max(-32000, min(32000, round(self.amperes * self.ohms / 10e-6)))
        bus = round(self.volts / 4e-3)
        current = int(shunt * self.registers[5] / 4096)
        power = int(abs(current) * bus / 5000)
        overflow = abs(current) > 0x7FFF or power > 0xFFFF
        known = {1: shunt & 0xFFFF, 2: bus << 3 | 0b10 | overflow, 3: power & 0xFFFF, 4: current & 0xFFFF}
        return {**self.registers, **known}[register]


def test_the_datasheets_worked_example():
    """9.2.2.1: a load of 10 A through 2 mOhm at 11.98 V, with currents in steps of 1 mA."""
    chip = Chip(0.002, 11.98, 10.0)
    sensor = Ina219(chip, 0.002, most_amperes=0.001 * 2**15)
    assert sensor.calibration == chip.registers[5] == 0x5000
    assert [chip.read(register) for register in (1, 4, 3)] == [0x07D0, 0x2710, 0x1766]
    assert chip.read(2) & ~0b111 == 0x5D98
    assert sensor.watts() == pytest.approx(119.8)


def test_the_settings_are_32_volts_320_millivolts_the_mean_of_32_and_continuous():
    chip = Chip(0.1, 5.0, 1.0)
    Ina219(chip, 0.1)
    settings = chip.registers[0]
    assert settings >> 13 & 1 == 1 and settings >> 11 & 3 == 3 and settings & 7 == 7
    assert settings >> 7 & 15 == settings >> 3 & 15 == 0b1101


@given(st.sampled_from([0.1, 0.05, 0.01]), st.floats(4.5, 12.0), st.floats(0.02, 0.98))
def test_any_power_in_range(ohms, volts, share):
    amperes = share * 0.32 / ohms
    watts = Ina219(Chip(ohms, volts, amperes), ohms).watts()
    step = 20 * 0.32 / ohms / 2**15  # of the power register; current and voltage are rounded too
    assert watts == pytest.approx(volts * amperes, rel=2e-3, abs=2 * step)


def test_a_shunt_that_is_too_large_is_no_figure():
    """A Pi 5 takes up to 5 A; the usual module's shunt ends at 3.2 A, and its registers stay there."""
    for amperes in (5.0, -5.0):
        sensor = Ina219(Chip(0.1, 5.1, amperes), 0.1)
        with pytest.raises(TilewrightError, match=r"more than 3\.2 A: use a smaller shunt"):
            sensor.watts()
    assert Ina219(Chip(0.01, 5.1, 5.0), 0.01).watts() == pytest.approx(25.5, rel=0.01)


def test_another_chip_at_the_address():
    class Silent(Chip):
        def read(self, register):
            return 0

    with pytest.raises(TilewrightError, match="no INA219"):
        Ina219(Silent(0.1, 5.0, 1.0), 0.1)


@pytest.mark.parametrize(
    "text", ["ina219:x", "ina219:1:0x99", "ina219:1:0x40:0", "ina219:1:0x40:0.1:9", "ina219:1:0x40:nan"]
)
def test_a_wrong_option(text):
    with pytest.raises(TilewrightError, match="write ina219:BUS:ADDRESS:OHMS"):
        open_ina219(text)


def test_a_machine_without_the_bus():
    with pytest.raises(TilewrightError, match="ina219: there is no /dev/i2c-250"):
        open_ina219("ina219:250")
