"""Load a Bundle and run it, with NumPy and TVM's runtime alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..cpu import host_cpu
from ..errors import TilewrightError
from ..processing import Answers
from ..tensor_spec import validate_inputs
from ..tvm_stack import debug_executor, runtime, set_threads
from .checks import require_cpu, require_intact
from .manifest import Manifest, read_manifest
from .memory import HugePages
from .prepare import prepare
from .weights import StoredWeights, numpy_view


def load_bundle(path: str | Path, threads: int | None = None, *, debug: bool = False) -> Bundle:
    """Check and load the Bundle in folder `path`; its weights are packed now, once.

    `threads` limits TVM's thread pool (None: all cores this process may use); `debug` loads TVM's debug executor,
    which can time each kernel.  Raises TilewrightError for a folder that is no Bundle, a changed file, or a CPU that
    lacks an instruction set the code uses.

    >>> bundle = load_bundle("resnet18.bundle")
    >>> scores = bundle.run({"input": image})["output"]
    """
    folder = Path(path)
    manifest = read_manifest(folder)
    require_intact(manifest, folder)
    require_cpu(manifest, host_cpu())
    tvm = runtime()
    if manifest.tvm_version != tvm.__version__:
        raise TilewrightError(f"{folder}: built with TVM {manifest.tvm_version}, this is {tvm.__version__}")
    if threads is not None:
        set_threads(threads)
    executor = _executor(tvm, folder, debug)
    return Bundle(manifest, executor, _bind_params(tvm, executor, folder, manifest))


class Bundle:
    """A loaded Bundle.  Not for use by several threads at once."""

    def __init__(self, manifest: Manifest, executor: Any, params: dict[str, Any]) -> None:
        self.manifest = manifest
        self.executor = executor
        self._params = params  # the executor only has their addresses
        tvm = runtime()
        self._bound = {spec.name: tvm.nd.empty(spec.shape, spec.dtype) for spec in manifest.inputs}
        for name, tensor in self._bound.items():
            executor.set_input_zero_copy(name, tensor)
        # NumPy views of the executor's tensors: copying between arrays takes a tenth of TVM's own copy calls.
        self._inputs = {name: numpy_view(tensor) for name, tensor in self._bound.items()}
        self._outputs = {spec.name: numpy_view(executor.get_output(i)) for i, spec in enumerate(manifest.outputs)}
        self._run = executor.module["run"]

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs by name for inputs by name; both are NumPy arrays, copied in and out.

        Raises TilewrightError for a missing or extra input, a wrong shape or a wrong dtype.
        """
        self.bind(inputs)
        self.execute()
        return self.outputs()

    def bind(self, inputs: Mapping[str, np.ndarray]) -> None:
        """Copy inputs into the tensors that the kernels read."""
        for name, array in validate_inputs(self.manifest.inputs, inputs).items():
            np.copyto(self._inputs[name], array)

    def execute(self) -> None:
        """Run the network on what is bound: nothing is copied."""
        self._run()

    def outputs(self) -> dict[str, np.ndarray]:
        """Copies of the outputs of the last run."""
        return {name: view.copy() for name, view in self._outputs.items()}

    def answer(self, inputs: Mapping[str, np.ndarray]) -> Answers:
        """`run`, then the model's post-processing of the first output: one answer an image, a text or a map.

        Raises TilewrightError for a Bundle whose manifest names no post-processing.
        """
        if self.manifest.postprocess is None:
            raise TilewrightError(f"Bundle {self.manifest.name!r} has no post-processing: use run")
        return self.manifest.postprocess(self.run(inputs)[self.manifest.outputs[0].name])


def _executor(tvm: Any, folder: Path, debug: bool) -> Any:
    from tvm.contrib import graph_executor

    library = tvm.runtime.load_module(str(folder / "model.so"))
    if not debug:
        return graph_executor.GraphModule(library["default"](tvm.cpu()))
    return debug_executor(library["get_graph_json"](), library)


def _bind_params(tvm: Any, executor: Any, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """Bind the packed and the plain weights to the executor, without a further copy, and return them to be kept."""
    tensors: dict[str, Any] = {}
    empty = HugePages().empty
    with StoredWeights(folder) as weights:
        if manifest.prepared:
            tensors |= prepare(tvm.runtime.load_module(str(folder / "prepare.so")), manifest.prepared, weights, empty)
        tensors |= {name: weights.read(name, empty) for name in weights.names if executor.get_input_index(name) >= 0}
    for name, tensor in tensors.items():
        executor.set_input_zero_copy(name, tensor)
    return tensors
