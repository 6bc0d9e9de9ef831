"""Anything else than the whole, unchanged Bundle for this CPU is refused, with a sentence that says what to do."""

import json
import shutil
from pathlib import Path

import pytest
from tilewright.compile.bundle import load_bundle
from tilewright.compile.cpu import LLVM_FEATURES, host_cpu
from tilewright.compile.errors import TilewrightError
from tilewright.compile.pipeline import compile_model


def refused(path, pattern):
    with pytest.raises(TilewrightError, match=pattern) as caught:
        load_bundle(path)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def edit(bundle, change):
    path = bundle / "manifest.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


@pytest.mark.parametrize("name", ["model.so", "prepare.so", "params.npz"])
@pytest.mark.parametrize("place", ["first", "middle", "last", "one more", "one less"])
def test_a_changed_byte(bundle_copy, name, place):
    path = bundle_copy / name
    content = bytearray(path.read_bytes())
    if place == "one more":
        content.append(0)
    elif place == "one less":
        content.pop()
    else:
        content[{"first": 0, "middle": len(content) // 2, "last": -1}[place]] ^= 1
    path.write_bytes(content)
    refused(bundle_copy, f"{name}: differs from what was built .wrong checksum.: copy or compile it again")


@pytest.mark.parametrize("name", ["model.so", "prepare.so", "params.npz"])
def test_a_missing_file(bundle_copy, name):
    (bundle_copy / name).unlink()
    refused(bundle_copy, f"the Bundle's file '{name}' is missing: copy or compile it again")


def test_a_file_outside_the_folder_is_not_looked_at(bundle_copy):
    shutil.copy(bundle_copy / "model.so", bundle_copy.parent / "more.so")
    edit(bundle_copy, lambda values: values["files"].update({"../more.so": values["files"]["model.so"]}))
    refused(bundle_copy, r"'\.\./more\.so' is missing")


def test_a_file_that_has_no_checksum_is_refused(bundle_copy):
    """Leaving a file out of the manifest must not be a way around its checksum."""
    for name in ("model.so", "prepare.so", "params.npz"):
        copy = shutil.copytree(bundle_copy, bundle_copy.parent / f"without-{name}")
        edit(copy, lambda values, name=name: values["files"].pop(name))
        refused(copy, f"the manifest has no checksum of '{name}': copy or compile it again")


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "null", '{"format": 2}', b"\xff\xfe\x00"])
def test_a_damaged_manifest(bundle_copy, content):
    path = bundle_copy / "manifest.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(bundle_copy, r"manifest.json: damaged \(.*\): compile the model again")


def test_a_truncated_manifest(bundle_copy):
    path = bundle_copy / "manifest.json"
    path.write_text(path.read_text()[:-100])
    refused(bundle_copy, "damaged")


def test_an_unknown_or_missing_field(bundle_copy):
    edit(bundle_copy, lambda values: values.update(colour="red"))
    refused(bundle_copy, "damaged .*colour")
    edit(bundle_copy, lambda values: (values.pop("colour"), values.pop("macs")))
    refused(bundle_copy, "damaged .*macs")


def test_another_format(bundle_copy):
    edit(bundle_copy, lambda values: values.update(format=1))
    refused(bundle_copy, "Bundle format 1 is not 2: compile it again")


def test_another_tvm(bundle_copy):
    edit(bundle_copy, lambda values: values.update(tvm_version="0.18.0"))
    refused(bundle_copy, "built with TVM 0.18.0, this is 0.19.0")


def test_what_is_no_bundle(tmp_path):
    for path in (tmp_path, tmp_path / "absent", Path(__file__)):
        refused(path, "not a Bundle .no manifest.json in it.: make one with `tilewright compile MODEL -o`")


@pytest.mark.slow
def test_a_bundle_for_an_arm_board(tmp_path):
    target = "llvm -mtriple=aarch64-linux-gnu -mcpu=cortex-a72"
    compiled = compile_model("lenet5", tmp_path / "pi4.bundle", target=target)
    assert compiled.manifest.checked == "import" and {"neon", "crc"} <= set(compiled.manifest.target.features)
    header = (compiled.path / "model.so").read_bytes()[:20]
    assert header[:4] == b"\x7fELF" and header[18] == 183, "an AArch64 shared library"
    refused(compiled.path, "built for llvm .*cortex-a72, but this machine is x86_64: compile it with --target native")


def test_a_bundle_for_a_board_of_32_bits(tmp_path):
    compiled = compile_model("lenet5", tmp_path / "pi3.bundle", target="rpi3-32")
    for name in ("model.so", "prepare.so"):
        header = (compiled.path / name).read_bytes()[:52]
        machine, flags = int.from_bytes(header[18:20], "little"), int.from_bytes(header[36:40], "little")
        assert header[:4] == b"\x7fELF" and header[4] == 1 and machine == 40, "a shared library of 32 bits for Arm"
        assert flags & 0x400 and flags >> 24 == 5, "EABI 5, floating point in its registers (EF_ARM_ABI_FLOAT_HARD)"
    refused(compiled.path, "built for rpi3-32, but this machine is x86_64: compile it with --target native")


@pytest.mark.slow
def test_a_bundle_for_a_better_cpu(tmp_path):
    lacking = [one for one in ("amx-int8", "avx512fp16", "avx512f") if one not in host_cpu().features]
    if not lacking or host_cpu().architecture != "x86_64":
        pytest.skip("needs an x86 CPU that lacks an instruction set")
    assert lacking[0] in LLVM_FEATURES.values()
    target = f"llvm -mtriple=x86_64-linux-gnu -mcpu=haswell -mattr=+{lacking[0]}"
    compiled = compile_model("lenet5", tmp_path / "better.bundle", target=target)
    assert compiled.manifest.checked == "import"
    refused(compiled.path, rf"but this CPU \(.*\) has no .*{lacking[0]}.*: compile it with --target native here")
