"""The build stage: an imported model becomes two shared libraries, the network and the packing of its weights."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...schedules.machines import Machine
from ..bundle.manifest import KernelRecord
from ..errors import TilewrightError
from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import BUILD_CONFIG, compiler
from .freeze_layout import FROZEN_PASSES, Choose
from .frozen_network import frozen_network
from .kernels import describe_kernels
from .link import linker
from .register_tiles import register_tiles
from .serial_small_loops import FORK_CYCLES, serial_small_loops
from .split_preparation import split_preparation

MODEL_LIBRARY = "model.so"
PREPARE_LIBRARY = "prepare.so"
_OBJECT_FILE_BYTES = 16 << 20  # more than any model's object file has been


@dataclass(frozen=True)
class BuiltModel:
    """`libraries` are the files written; `prepared` names what prepare.so returns, in order (empty: no such file).

    `seconds` is the time from the imported model to the linked libraries.
    """

    libraries: tuple[Path, ...]
    prepared: tuple[str, ...]
    kernels: tuple[KernelRecord, ...]
    seconds: float


def build(
    imported: ImportedModel,
    target: Target,
    folder: Path,
    choose: Choose | None = None,
    machine: Machine | None = None,
    fused: bool = True,
) -> BuiltModel:
    """Build `imported` for `target` into `folder`, with the kernels that `choose` picks (None: TVM's).

    `machine` may stand in for the target's own description; not `fused`, every operator is a kernel.
    Raises TilewrightError when it cannot be linked.
    """
    compiler()
    started = time.perf_counter()
    split = split_preparation(frozen_network(imported, target, choose, machine), len(imported.inputs))
    kernels = _compile(split.main, target, folder / MODEL_LIBRARY, fused)
    libraries = [folder / MODEL_LIBRARY]
    if split.prepare is not None:
        _compile(split.prepare, target, folder / PREPARE_LIBRARY, fused)
        libraries.append(folder / PREPARE_LIBRARY)
    return BuiltModel(tuple(libraries), split.prepared, kernels, time.perf_counter() - started)


def compile_library(module: Any, target: Target, fused: bool = True) -> Any:
    """TVM's executor factory of a module whose layout is frozen; not `fused`, every operator is a kernel.

    Raises TilewrightError for a record whose trace does not fit its layer.
    """
    tvm = compiler()
    from tvm import relay

    from ...schedules.traces.lowering import replaying
    from ...schedules.traces.traced import TraceMisfit

    config = lowering() | ({} if fused else {"relay.FuseOps.max_depth": 1})
    try:
        with replaying(), tvm.transform.PassContext(opt_level=3, disabled_pass=FROZEN_PASSES, config=config):
            return relay.build(module, tvm.target.Target(target.tvm))
    except TraceMisfit as error:
        raise TilewrightError(f"{error}; take that line out of the log, and tune the layer again") from None


def lowering() -> dict[str, Any]:
    """The PassContext's config with which kernels are lowered."""
    # Without every kernel's checks of its arguments, whose messages are most of a small net's code: the executor
    # passes what the graph says, and a Bundle checks its inputs itself.
    config: dict[str, Any] = {**BUILD_CONFIG, "tir.disable_assert": True}
    config["tir.add_lower_pass"] = [serial_small_loops(FORK_CYCLES), register_tiles()]
    return config


def _compile(module: Any, target: Target, path: Path, fused: bool) -> tuple[KernelRecord, ...]:
    link = linker(target.architecture)
    library = compile_library(module, target, fused)
    with tempfile.TemporaryDirectory(dir=path.parent) as workspace:
        _require_space(Path(workspace))
        library.export_library(str(path), fcompile=link, workspace_dir=workspace)
    return describe_kernels(library.function_metadata)


def _require_space(folder: Path) -> None:
    """Raises OSError on a full disk: LLVM would end this process, and leave behind what is half written."""
    with tempfile.TemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, _OBJECT_FILE_BYTES)
