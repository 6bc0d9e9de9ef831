"""A network that was pruned in blocks is computed by the kernels for sparse weights, and answers as before."""

import numpy as np
import pytest
from tilewright.compile.building.sparse_params import with_sparse_params
from tilewright.compile.bundle.load import load_bundle
from tilewright.compile.importing import import_model
from tilewright.compile.onnx_reference import OnnxReference
from tilewright.compile.pipeline import compile_model
from tilewright.compile.targets import resolve
from tilewright.models.compress.prune.recipe import PruneRecipe
from tilewright.models.compress.prune.run import prune_model


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """Weights of a model with a share of its blocks, or single weights, set to zero."""

    def prune(name, structure, ratio):
        path = tmp_path_factory.mktemp("pruned") / f"{name}.safetensors"
        prune_model(name, path, PruneRecipe(structure, ratio=ratio))
        return path

    return prune


def sparse(manifest):
    return [one for one in manifest.kernels if one.layer is not None and "sparse" in str(one.layer)]


@pytest.mark.slow
def test_lenet5(tmp_path, pruned, lenet5):
    compiled = compile_model("lenet5", tmp_path / "bundle", weights=pruned("lenet5", "blocks", 0.8))
    kernels = sparse(compiled.manifest)
    assert len(kernels) == 3, "its dense layers"
    assert sum(one.work for one in kernels) < 0.35 * sum(one.macs for one in kernels)
    assert {one["inputs"] for one in compiled.manifest.agreement} == {"random", "real"}
    assert all(one["snr_db"] > 100 for one in compiled.manifest.agreement)
    assert compiled.manifest.parameter_bytes < 0.35 * lenet5.manifest.parameter_bytes
    assert compiled.manifest.parameter_count == lenet5.manifest.parameter_count
    # The flattened values lie in blocks of channels, whose places the weights are told.
    x = np.random.default_rng(3).standard_normal((1, 1, 28, 28), np.float32)
    (expected,) = OnnxReference(compiled.imported.onnx).run({"input": x}).values()
    (actual,) = load_bundle(compiled.path).run({"input": x}).values()
    assert np.abs(actual - expected).max() < 1e-5


@pytest.mark.slow
def test_mobilenetv2_in_batches(tmp_path, pruned):
    weights = pruned("mobilenetv2-mnist", "blocks", 0.7)
    # Blocks half fill AVX-512's vectors: there so many of them stay dense.
    compiled = compile_model("mobilenetv2-mnist", tmp_path / "bundle", target="x86-avx2", weights=weights, batch=3)
    kernels = sparse(compiled.manifest)
    assert len(kernels) > 15 and not any("expanded" in str(one.layer) for one in compiled.manifest.kernels)
    assert all(one["snr_db"] > 100 for one in compiled.manifest.agreement)


def test_what_is_hardly_sparse_stays_dense(tmp_path, pruned):
    compiled = compile_model("lenet5", tmp_path / "bundle", weights=pruned("lenet5", "weights", 0.5))
    assert not sparse(compiled.manifest)


def test_without_a_kernel_the_weights_are_unpacked_at_load(tmp_path, pruned):
    """TVM's own operators, in the import's check, and in a build without kernels of ours."""
    from tilewright.compile.importing.check_import import check_import

    imported = import_model("lenet5", weights=pruned("lenet5", "blocks", 0.8), check=False)
    imported = with_sparse_params(imported, resolve("native"))
    assert {name.rsplit(".", 1)[-1] for name in imported.params} >= {"values", "places", "starts"}
    assert all(one.snr_db > 100 for one in check_import(imported))


def test_weights_that_another_operator_reads_too_stay_dense(tmp_path):
    import onnx
    from onnx import helper, numpy_helper

    weight = np.zeros((16, 16), "float32")
    weight[0, 3] = 1
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["first"], transB=1),
        helper.make_node("Mul", ["first", "total"], ["y"]),
        helper.make_node("ReduceSum", ["noisy"], ["total"], keepdims=0),
        helper.make_node("Mul", ["w", "x0"], ["noisy"]),
        helper.make_node("ReduceSum", ["x"], ["x0"], keepdims=0),
    ]
    order = [nodes[0], nodes[4], nodes[3], nodes[2], nodes[1]]
    types = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (2, 16)) for name in ("x", "y")]
    graph = helper.make_graph(order, "g", types[:1], types[1:], [numpy_helper.from_array(weight, "w")])
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    assert list(with_sparse_params(import_model(path, check=False), resolve("native")).params) == ["w"]
