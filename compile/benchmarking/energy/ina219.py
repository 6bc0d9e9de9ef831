"""Texas Instruments' INA219, which measures voltage and current on a board's supply line, over I2C.

Source: INA219 datasheet, SBOS448G (December 2015): registers in 8.6, calibration in 8.5.1 (equation 1).
"""

from __future__ import annotations

from typing import Protocol

from ...errors import TilewrightError
from .i2c import I2cDevice
from .sampled import SampledMeter

_CONFIGURATION, _SHUNT_VOLTAGE, _BUS_VOLTAGE, _POWER, _CALIBRATION = 0x00, 0x01, 0x02, 0x03, 0x05
# Bus range 32 V, shunt range 320 mV, both the mean of 32 samples (17 ms each), shunt and bus in turn, continuously.
_SETTINGS = 1 << 13 | 0b11 << 11 | 0b1101 << 7 | 0b1101 << 3 | 0b111
_SHUNT_VOLTS = 0.32  # full scale
_SHUNT_END = 32000  # the shunt voltage register at full scale, in 10 uV, where it stays however much more flows
_OVERFLOW = 1  # bit 0 of the bus voltage register
_INTERVAL = 0.04  # seconds, a little more than both conversions take
DEFAULT_BUS, DEFAULT_ADDRESS, DEFAULT_OHMS = 1, 0x40, 0.1


class Registers(Protocol):
    """What has 16-bit registers: an I2cDevice."""

    def read(self, register: int) -> int:
        """One."""
        ...

    def write(self, register: int, value: int) -> None:
        """Set one."""
        ...


class Ina219:
    """A sensor with a shunt of `ohms`, calibrated for currents up to `most_amperes`."""

    def __init__(self, registers: Registers, ohms: float, most_amperes: float | None = None) -> None:
        """`most_amperes` is what the shunt range allows if it is not given."""
        self._registers = registers
        self._most = most_amperes or _SHUNT_VOLTS / ohms
        ampere_step = self._most / 2**15
        self.calibration = int(0.04096 / (ampere_step * ohms)) & 0xFFFE  # bit 0 is always 0
        # What one step of the power register is, 20 steps of current, with the calibration as it was rounded.
        self._watt_step = 20 * 0.04096 / (self.calibration * ohms)
        registers.write(_CONFIGURATION, _SETTINGS)
        registers.write(_CALIBRATION, self.calibration)
        if registers.read(_CALIBRATION) != self.calibration:
            raise TilewrightError("ina219: what answers at this address is no INA219: name its address")

    def watts(self) -> float:
        """Power behind the shunt.  Raises TilewrightError when the current is out of the shunt's range."""
        shunt = (self._registers.read(_SHUNT_VOLTAGE) ^ 0x8000) - 0x8000  # two's complement
        if abs(shunt) >= _SHUNT_END or self._registers.read(_BUS_VOLTAGE) & _OVERFLOW:
            raise TilewrightError(
                f"ina219: more than {self._most:.3g} A: use a smaller shunt, and say so (ina219:1:0x40:OHMS)"
            )
        return self._registers.read(_POWER) * self._watt_step


def open_ina219(text: str = "ina219") -> SampledMeter:
    """The meter that "ina219[:BUS[:ADDRESS[:OHMS]]]" names, such as ina219:1:0x40:0.1.

    Raises TilewrightError for another text, and where no such sensor answers.
    """
    bus, address, ohms = _parse(text)
    try:
        sensor = Ina219(I2cDevice(bus, address), ohms)
    except TilewrightError as error:
        message = str(error)
        raise TilewrightError(message if message.startswith("ina219") else f"ina219: {message}") from None
    return SampledMeter("ina219", sensor.watts, _INTERVAL)


def _parse(text: str) -> tuple[int, int, float]:
    """Bus, address and ohms."""
    defaults = [str(DEFAULT_BUS), hex(DEFAULT_ADDRESS), str(DEFAULT_OHMS)]
    given = text.split(":")[1:]
    try:
        bus, address, ohms = [*given, *defaults[len(given) :]]
        values = int(bus), int(address, 0), float(ohms)
    except ValueError:
        values = (-1, -1, -1.0)
    if not (values[0] >= 0 and 0x03 <= values[1] <= 0x77 and 0 < values[2] < float("inf")):
        raise TilewrightError(f"{text!r}: write ina219:BUS:ADDRESS:OHMS, such as ina219:1:0x40:0.1")
    return values
