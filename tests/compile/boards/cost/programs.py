"""Small arm64 programs without a C library: assembled, run under the emulator, and what the plugin counted of them."""

import ctypes
import os
import shutil
import subprocess
import sys

from tilewright.compile.boards.cost.counts import parse
from tilewright.compile.boards.cost.plugin_argument import plugin_argument

EMULATOR = "qemu-aarch64"
_NO_RANDOM_ADDRESSES = 0x0040000  # ADDR_NO_RANDOMIZE, personality(2)

# `ask N` has the plugin write its counts to file N.
_FRAME = """
.macro ask number
  mov x0, #0xc0de
  movk x0, #1, lsl #16
  mov x1, #\\number
  mov x8, #141
  svc #0
.endm
.text
.global _start
_start:
{body}
  mov x0, #0
  mov x8, #93
  svc #0
.bss
.balign 65536
array: .space {space}
"""


def require_emulator():
    assert shutil.which(EMULATOR), f"{EMULATOR} is not installed: apt install qemu-user (not qemu-user-static)"


def assemble(body, folder, space=64, zig_cache=None):
    """Make an executable of the instructions `body`; `array` is `space` bytes of zeros."""
    require_emulator()
    source, program = folder / "program.S", folder / "program"
    source.write_text(_FRAME.format(body=body, space=space))
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-nostdlib", "-static"]
    command += ["-mcpu=cortex_a76", "-o", str(program), str(source)]
    cache = str(zig_cache or folder)
    environment = {**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return program


def run(program, core, folder):
    """Counts of each `ask` of `program`, by number."""
    answers = folder / "counts"
    command = [EMULATOR, "-cpu", "max", "-plugin", plugin_argument(core, answers), str(program)]
    subprocess.run(command, check=True, preexec_fn=_fixed_addresses, capture_output=True)
    return {int(path.suffix[1:]): parse(path.read_text()) for path in folder.glob("counts.*")}


def _fixed_addresses():
    ctypes.CDLL(None).personality(_NO_RANDOM_ADDRESSES)
