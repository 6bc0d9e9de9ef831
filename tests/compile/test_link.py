"""Linking: with Zig from PyPI, or where it is not installed with a GCC for the target."""

import importlib.util
import platform
import shutil
import subprocess

import numpy as np
import pytest
from tilewright.compile.building.link import linker
from tilewright.compile.errors import TilewrightError
from tilewright.compile.tvm_stack import compiler

tvm = compiler()


@pytest.fixture
def without_zig(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ziglang" else find(name))


def doubled(path):
    """A library whose one function doubles eight floats, linked to `path`."""
    data = tvm.te.placeholder((8,), "float32")
    result = tvm.te.compute((8,), lambda i: data[i] * 2.0)
    built = tvm.build(tvm.te.create_schedule(result.op), [data, result], "llvm", name="doubled")
    built.export_library(str(path), fcompile=linker(platform.machine()))
    return tvm.runtime.load_module(str(path))


def run(library):
    arrays = [tvm.nd.array(np.arange(8, dtype=np.float32)), tvm.nd.empty((8,))]
    library["doubled"](*arrays)
    return arrays[1].numpy()


def test_zig(tmp_path):
    assert np.array_equal(run(doubled(tmp_path / "library.so")), 2 * np.arange(8))


def test_a_gcc_where_there_is_no_zig(without_zig, tmp_path, monkeypatch):
    triple = f"{platform.machine()}-linux-gnu-gcc"
    if shutil.which(triple) is None:  # as a cross compiler is called; this machine's own may have the short name only
        if shutil.which("gcc") is None:
            pytest.skip("no gcc here")
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / triple).symlink_to(shutil.which("gcc"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    assert np.array_equal(run(doubled(tmp_path / "library.so")), 2 * np.arange(8))
    symbols = subprocess.run(["readelf", "-d", tmp_path / "library.so"], capture_output=True, text=True).stdout
    assert "NEEDED" not in symbols, "TVM's runtime brings the C library"


def test_neither(without_zig, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TilewrightError, match=r"a linker is missing: pip install .* or install aarch64-linux-gnu-gcc"):
        linker("aarch64")
