"""16-bit registers of a device on an I2C bus, through Linux's /dev/i2c-N."""

from __future__ import annotations

import fcntl
import os

from ...errors import TilewrightError

_I2C_SLAVE = 0x0703  # ioctl: which address the next reads and writes are for (linux/i2c-dev.h)


class I2cDevice:
    """The device at `address` of bus `bus`; big-endian registers behind a pointer of one byte."""

    def __init__(self, bus: int, address: int) -> None:
        """Raises TilewrightError where there is no such bus, or it is not this user's to use."""
        self._what = f"I2C bus {bus}, address {address:#04x}"
        path = f"/dev/i2c-{bus}"
        try:
            self._file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            raise TilewrightError(
                f"there is no {path}: turn I2C on (`sudo raspi-config nonint do_i2c 0`), or name another bus"
            ) from None
        except OSError as error:
            raise TilewrightError(f"cannot open {path}: {error.strerror}: is this user in the group i2c?") from None
        try:
            fcntl.ioctl(self._file, _I2C_SLAVE, address)
        except OSError as error:
            os.close(self._file)
            raise TilewrightError(f"{self._what} cannot be used: {error.strerror}") from None

    def read(self, register: int) -> int:
        """An unsigned 16-bit register.  Raises TilewrightError when the device does not answer."""
        try:
            os.write(self._file, bytes([register]))
            return int.from_bytes(os.read(self._file, 2), "big")
        except OSError as error:
            raise self._silent(error) from None

    def write(self, register: int, value: int) -> None:
        """Set a 16-bit register.  Raises TilewrightError when the device does not answer."""
        try:
            os.write(self._file, bytes([register]) + value.to_bytes(2, "big"))
        except OSError as error:
            raise self._silent(error) from None

    def _silent(self, error: OSError) -> TilewrightError:
        return TilewrightError(f"{self._what} does not answer ({error.strerror}): see `i2cdetect -y`")
