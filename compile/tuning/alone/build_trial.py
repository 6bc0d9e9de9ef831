"""Build one candidate of one layer as a library with a function `kernel`, in one of several processes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import last_line
from ...tvm_stack import available_cores, compiler

if TYPE_CHECKING:
    from ....schedules.kernels import Candidate
    from ....schedules.layers import Layer
    from ...targets import Target

FUNCTION = "kernel"
_MOST_SECONDS = 120.0


class Builders:
    """Processes that build, as many as there are cores; one that takes too long or dies costs its trial only.

    A context manager that ends them.
    """

    def __init__(self, target: Target, folder: Path, workers: int | None = None) -> None:
        """Libraries go into `folder`."""
        compiler()
        from tvm.contrib.popen_pool import PopenPoolExecutor

        self._target, self._folder, self._number = target, folder, 0
        self._pool: Any = PopenPoolExecutor(max_workers=workers or available_cores(), timeout=_MOST_SECONDS)

    def submit(self, layer: Layer, one: Candidate) -> tuple[Path, Future[str]]:
        """Where the library will be, and what went wrong: an empty text when it is there."""
        from ....schedules.layers import to_key

        self._number += 1
        path = self._folder / f"{self._number}.so"
        arguments = (to_key(layer), one.kernel.name, one.settings, self._target.name, str(path))
        return path, self._pool.submit(build_trial, *arguments)

    def __enter__(self) -> Builders:
        return self

    def __exit__(self, *_: object) -> None:
        # TVM's pool ends with its last reference, which one of its own threads may hold, and cannot end then.
        self._pool._threadpool.shutdown(cancel_futures=True)


def error_of(built: Future[str]) -> str:
    """What went wrong with a build, waited for; empty when all went well."""
    try:
        return built.result()
    except TimeoutError:
        return f"it took more than {_MOST_SECONDS:.0f} s to build"
    except ChildProcessError as error:
        return f"the process that built it died ({error})"


def build_trial(layer: str, kernel: str, config: dict[str, Any], target: str, path: str) -> str:
    """Build the candidate into the library `path`; returns the error's text, empty when all went well."""
    try:
        _build(layer, kernel, config, target, path)
    except Exception as error:
        return f"{type(error).__name__}: {last_line(error)}"
    return ""


def _build(layer_key: str, kernel: str, config: dict[str, Any], target_name: str, path: str) -> None:
    tvm = compiler()
    from ....schedules import machines
    from ....schedules.kernels import candidate
    from ....schedules.kernels.scheduled import build_alone
    from ....schedules.layers import from_key
    from ...building.build import lowering
    from ...building.link import linker
    from ...targets import resolve

    layer, chosen, target = from_key(layer_key), candidate(kernel, config), resolve(target_name)
    with tvm.transform.PassContext(opt_level=3, config=lowering()):
        machine, tvm_target = machines.get(str(target.machine)), tvm.target.Target(target.tvm)
        built = build_alone(layer, chosen, machine, tvm_target, FUNCTION)
    built.export_library(path, fcompile=linker(target.architecture))


def argument_types(layer: Layer, one: Candidate) -> Sequence[tuple[tuple[int, ...], str]]:
    """(shape, dtype) of data, packed weights and result."""
    from ....schedules.kernels.alone import packed_types

    return [(layer.in_shape, layer.dtype), *packed_types(layer, one), (layer.out_shape, layer.out_dtype)]
