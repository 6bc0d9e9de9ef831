"""TVM's runtime, imported without the backtraces of types that it lacks."""

import subprocess
import sys

from tilewright.compile.tvm_stack import runtime_only_environment

_TYPES = """
from tilewright.compile import lean_runtime
known = set()
def ask_and_note(ask):
    def noting(key, index):
        code = ask(key, index)
        if code == 0:
            known.add(key.value.decode())
        return code
    return noting
lean_runtime._asking_for_known = ask_and_note
lean_runtime.import_lean_runtime()
assert known == lean_runtime._KNOWN, known ^ lean_runtime._KNOWN
"""
_PEAK = """
import re
from pathlib import Path
from tilewright.compile.tvm_stack import runtime
runtime()
print(re.findall(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[0])
"""


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], env=runtime_only_environment(1), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lean_runtime_knows_the_librarys_types():
    python(_TYPES)


def test_the_runtime_takes_little_memory():
    assert int(python(_PEAK)) < 60_000, "KB: TVM's own import takes 80,000"
