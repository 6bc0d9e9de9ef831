"""The aarch64 wheels of a board, from PyPI: the runtime of TVM, NumPy, and ONNX Runtime to compare with."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...errors import TilewrightError

TVM = ("xtc-tvm-python-bindings==0.19.0.12",)  # without what its metadata asks for: the runtime imports none of it
OTHERS = ("numpy>=2.0", "pillow>=10", "onnxruntime>=1.20")
_PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")


def install_wheels(site: Path, python: str) -> None:
    """Into folder `site`, for a board with this version of Python ("3.11").  Raises TilewrightError when pip fails."""
    tag = "cp" + python.replace(".", "")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(site)]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for abi in (tag, "abi3", "none"):
        command += ["--abi", abi]
    for platform in _PLATFORMS:
        command += ["--platform", platform]
    with ThreadPoolExecutor(2) as both:  # 16 s, 23 one after the other
        list(both.map(_pip, ([*command, *OTHERS], [*command, "--no-deps", "--upgrade", *TVM])))


def _pip(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or [done.stderr.strip() or "no reason"]
        raise TilewrightError(f"pip could not fetch the board's wheels: {lines[0].removeprefix('ERROR: ')}")
