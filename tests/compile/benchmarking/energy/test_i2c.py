"""What is no I2C bus is said to be none."""

import os

import pytest
from tilewright.compile.benchmarking.energy import i2c
from tilewright.compile.errors import TilewrightError


def test_a_file_that_is_no_bus(monkeypatch, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"")
    opened, real = [], os.open
    monkeypatch.setattr(i2c.os, "open", lambda name, flags: opened.append(real(path, flags)) or opened[-1])
    with pytest.raises(TilewrightError, match="I2C bus 1, address 0x40 cannot be used"):
        i2c.I2cDevice(1, 0x40)
    with pytest.raises(OSError):
        os.fstat(opened[0])


def test_registers_go_over_the_wire_high_byte_first(monkeypatch, tmp_path):
    """The bytes of a write and of a read, on a file in place of the bus: 8.5.6 of the INA219's datasheet."""
    path = tmp_path / "bus"
    path.write_bytes(b"")
    real = os.open
    monkeypatch.setattr(i2c.os, "open", lambda name, flags: real(path, flags))
    asked = []
    monkeypatch.setattr(i2c.fcntl, "ioctl", lambda file, request, address: asked.append((request, address)))
    device = i2c.I2cDevice(1, 0x41)
    assert asked == [(0x0703, 0x41)]
    device.write(0x05, 0x5000)
    assert path.read_bytes() == bytes([0x05, 0x50, 0x00])
    with path.open("ab") as file:
        file.write(bytes([0xFF, 0x17, 0x66]))  # the pointer's place, then the register
    assert device.read(0x03) == 0x1766
