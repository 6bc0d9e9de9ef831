"""Weights of 8 bits take another dot product on AVX2: what is on record of the faster one is not for them."""

import pytest
from networks import write_network
from tilewright.compile.cpu import host_cpu
from tilewright.compile.importing import import_model
from tilewright.compile.pipeline import compile_model
from tilewright.compile.quantizing import Recipe, quantize_model
from tilewright.compile.targets import resolve
from tilewright.compile.tuning.choose import require_choice
from tilewright.compile.tuning.for_network import for_network, not_tuned
from tilewright.compile.tuning.log import append
from tilewright.compile.tuning.network_timer import NetworkTimer
from tilewright.compile.tuning.record import Record
from tilewright.compile.tuning.tasks import layers_of
from tilewright.compile.tvm_stack import TVM_VERSION
from tilewright.schedules import machines
from tilewright.schedules.layers import to_key

TARGET = resolve("x86-avx2")
EXACT = machines.get("x86-avx2-exact")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Bits of the weights -> a file with two convolutions."""
    folder = tmp_path_factory.mktemp("network")
    write_network(folder)
    for bits in (7, 8):
        recipe = Recipe(weight_bits=bits)
        quantize_model(folder / "network.onnx", folder / f"{bits}.onnx", recipe, calib=str(folder / "inputs.npz"))
    return {bits: folder / f"{bits}.onnx" for bits in (7, 8)}


@pytest.fixture
def recorded(files, tmp_path):
    """Layer -> the candidate on record as the fastest, which is none of the defaults; the records lie in `tmp_path`."""
    from tilewright.schedules.kernels import candidates

    choice, found = require_choice(TARGET, tmp_path), {}
    for layer in layers_of(import_model(files[7], check=False), TARGET, choice, fused=True):
        first, *_, last = candidates(layer, choice.machine)
        for one, taken in ((first, 20.0), (last, 10.0)):
            at = (to_key(layer), TARGET.name, TVM_VERSION, one.kernel.name, one.settings)
            append([Record(*at, 1, taken, host_cpu().model, "network")], tmp_path)
        found[layer] = last
    assert len(found) == 2
    return found


def test_records_decide_for_the_weights_that_they_are_of(files, recorded, tmp_path):
    from tilewright.schedules.kernels import default

    known = require_choice(TARGET, tmp_path)
    seven, eight = (for_network(known, import_model(files[bits], check=False), TARGET) for bits in (7, 8))
    assert {layer: seven(layer) for layer in recorded} == recorded and not seven.untuned
    assert eight.machine == EXACT
    assert {layer: eight(layer) for layer in recorded} == {layer: default(layer, EXACT) for layer in recorded}
    assert eight.untuned == set(map(to_key, recorded))


def test_the_exact_product_is_not_tuned_as_the_other(files, recorded, tmp_path):
    known, eight = require_choice(TARGET, tmp_path), import_model(files[8], check=False)
    assert not layers_of(eight, TARGET, known, fused=True)
    assert "8.onnx: weights of 8 bits" in str(not_tuned(eight, TARGET))
    assert not_tuned(import_model(files[7], check=False), TARGET) is None
    assert not_tuned(eight, resolve("x86-vnni")) is None


def test_what_is_timed_is_what_is_built(files, recorded, tmp_path):
    built = compile_model(files[8], tmp_path / "bundle", target=TARGET.name, logs=tmp_path).manifest
    assert not built.tuned_kernels
    imported = import_model(files[8], check=False)
    timer = NetworkTimer(imported, TARGET, for_network(require_choice(TARGET, tmp_path), imported, TARGET))
    assembly = timer.library.get_lib().imported_modules
    source = "".join(one.get_source("asm") for one in (timer.library.get_lib(), *assembly))
    assert "vpmaddwd" in source and "vpmaddubsw" not in source
