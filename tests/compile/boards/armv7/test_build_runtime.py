"""TVM's runtime for 32-bit Arm: which sources, compiled for what, taken up where it was left."""

import subprocess
import sys

import pytest
from tilewright.compile.boards.armv7 import build_runtime, sources
from tilewright.compile.boards.armv7.missing_header import write_missing_header
from tilewright.compile.boards.armv7.python_package import copy_python_package
from tilewright.compile.errors import TilewrightError

SMALL = "builtin_fp16.cc"


def is_for_arm(path, kind):
    header = path.read_bytes()[:52]
    flags = int.from_bytes(header[36:40], "little")
    assert header[:5] == b"\x7fELF\x01" and header[16] == kind and int.from_bytes(header[18:20], "little") == 40
    return flags >> 24 == 5


def test_the_sources_are_those_of_a_runtime_with_rpc_and_without_a_compiler():
    tvm = sources.tvm_folder()
    names = {str(path.relative_to(tvm / "src/runtime")) for path in sources.runtime_sources(tvm)}
    wanted = (
        "c_runtime_api.cc",
        "thread_pool.cc",
        "system_library.cc",
        "rpc/rpc_socket_impl.cc",
        "rpc/rpc_endpoint.cc",
    )
    assert {*wanted, "graph_executor/graph_executor.cc", "graph_executor/debug/graph_executor_debug.cc"} <= names
    assert not any(name.startswith(("vm/", "relax_vm/", "cuda/", "hexagon/")) for name in names)
    assert all(folder.is_dir() for folder in sources.include_folders(tvm))


def test_without_the_sources_there_is_a_cure(monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TilewrightError, match=r"pip install 'tilewright\[compile\]'"):
        sources.tvm_folder()


def test_python_files_are_copied_and_the_compiler_is_not(tmp_path):
    copy_python_package(sources.tvm_folder(), tmp_path / "tvm")
    copied = [path.relative_to(tmp_path / "tvm") for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in copied} == {".py"}
    assert {"__init__.py", "_ffi/base.py", "contrib/graph_executor.py", "rpc/server.py"} <= {
        str(path) for path in copied
    }
    assert not {"include", "src", "3rdparty", "web"} & {path.parts[0] for path in copied}


def test_an_object_file_is_for_arm_and_is_not_compiled_twice(tmp_path):
    tvm = sources.tvm_folder()
    write_missing_header(tmp_path / "include")
    objects = tmp_path / "objects"
    objects.mkdir()
    source = tvm / "src/runtime" / SMALL
    (objects / ".builtin_fp16.o.1.part").write_bytes(b"half of one, from a run that was killed")
    path = build_runtime._compile(source, tvm, objects)
    assert is_for_arm(path, kind=1)
    before = path.stat().st_mtime_ns
    assert build_runtime._compile(source, tvm, objects) == path and path.stat().st_mtime_ns == before


def test_what_the_compiler_says_is_passed_on_and_nothing_is_left(tmp_path):
    tvm = tmp_path / "tvm"
    source = tvm / "src/runtime/wrong.cc"
    source.parent.mkdir(parents=True)
    source.write_text("int main() { return absent; }\n")
    objects = tmp_path / "objects"
    objects.mkdir()
    with pytest.raises(TilewrightError, match=r"building wrong\.cc for armv7 failed: .*error: .*absent"):
        build_runtime._compile(source, tvm, objects)
    assert not list(objects.iterdir())


def test_other_flags_have_other_object_files(monkeypatch, tmp_path):
    before = build_runtime._fingerprint(tmp_path)
    monkeypatch.setattr(build_runtime, "_FLAGS", ("-O0",))
    assert build_runtime._fingerprint(tmp_path) != before


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--help"]])
def test_the_command_says_how_it_is_used(arguments):
    command = [sys.executable, "-m", build_runtime.__name__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr == f"usage: python -m {build_runtime.__name__} OUT\n"
