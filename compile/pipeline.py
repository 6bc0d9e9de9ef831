"""The main job, from top to bottom: import, build, check, write a Bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .accuracy import OutputAgreement, compare_all
from .building import build
from .building.manifest_of import manifest_of, plain
from .building.sparse_params import with_sparse_params
from .bundle.load import load_bundle
from .bundle.manifest import Manifest, write_manifest
from .bundle.write import new_bundle, write_params
from .cpu import host_cpu
from .errors import CheckFailed, TilewrightError
from .importing import ImportedModel
from .importing.check_import import check_import
from .importing.sample_inputs import sample_inputs
from .onnx_reference import OnnxReference
from .precisions import is_by_relay
from .quantizing.import_as import import_as, weight_bits_for
from .targets import Target, resolve
from .tuning.choose import recorded_choice
from .tuning.memory import as_built
from .twin import twin_for

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Compiled:
    """A Bundle on disk, its manifest, and the imported model it was built from."""

    path: Path
    manifest: Manifest
    imported: ImportedModel


def compile_model(
    model: str | Path,
    output: str | Path,
    *,
    target: str = "native",
    precision: str = "fp32",
    batch: int | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    weights: str | Path | None = None,
    logs: Path | None = None,
    progress: Progress = lambda stage: None,
) -> Compiled:
    """Compile a zoo name or an ONNX file for `target` into a Bundle at folder `output`.

    `logs` is a folder of tuning records to use in place of the shipped ones and the user's.
    `progress` is told each stage as it starts.  Nothing is left at `output` unless every check passed.
    Raises TilewrightError for wrong input, CheckFailed when the result disagrees with ONNX Runtime.
    """
    chosen = resolve(target)
    runs_here = not chosen.missing_on(host_cpu())
    recipe = {
        "model": str(model),
        "target": target,
        "precision": precision,
        "batch": batch,
        "shapes": dict(shapes or {}),
        "weights": None if weights is None else str(weights),
    }
    with new_bundle(Path(output)) as folder:
        progress("importing")
        # What relay.quantize is to make integers of is checked before it does.
        given: dict[str, Any] = {"check": not runs_here and is_by_relay(precision)}
        given |= {"batch": batch, "shapes": shapes, "weights": weights, "weight_bits": weight_bits_for(chosen)}
        imported = with_sparse_params(import_as(model, precision, **given, progress=progress), chosen)
        twin = None if runs_here else twin_for(imported, chosen)
        if not runs_here and twin is None and not imported.agreement:
            imported = replace(imported, agreement=tuple(check_import(imported)))
        progress(f"building for {chosen.name}")
        manifest = _build_into(folder, imported, chosen, logs, recipe)
        if runs_here:
            progress("checking against ONNX Runtime")
            with _suspecting_import(imported):
                agreement = check_bundle(imported, folder)
            manifest = replace(manifest, checked="bundle", agreement=plain(agreement))
        elif twin is not None:
            progress("building its twin for this CPU, and checking that against ONNX Runtime")
            manifest = replace(manifest, checked="twin", agreement=plain(_check_twin(imported, twin, logs, recipe)))
        write_manifest(manifest, folder)
    return Compiled(Path(output), manifest, imported)


def _build_into(
    folder: Path, imported: ImportedModel, target: Target, logs: Path | None, recipe: dict[str, object]
) -> Manifest:
    """Write the Bundle's files into `folder`; the manifest has no check in it but the import's, if there was one."""
    with _suspecting_import(imported):
        choose = None if imported.stock_kernels else recorded_choice(target, logs)
        if choose is not None:
            choose = as_built(choose, imported, target)
        built = build(imported, target, folder, choose)
    write_params(imported.params, folder)
    manifest = manifest_of(imported, built, target, folder, recipe, choose)
    write_manifest(manifest, folder)
    return manifest


def _check_twin(
    imported: ImportedModel, twin: Target, logs: Path | None, recipe: dict[str, object]
) -> list[OutputAgreement]:
    """Build for this CPU, run that, and throw it away.  Raises CheckFailed where it disagrees.

    The import is not suspected: it rounds as TVM does, and would take the blame where it has none.
    """
    with tempfile.TemporaryDirectory(prefix="tilewright-twin-") as place:
        _build_into(Path(place), imported, twin, logs, recipe)
        return check_bundle(imported, Path(place))


@contextmanager
def _suspecting_import(imported: ImportedModel) -> Iterator[None]:
    """When the build fails or its answer is wrong, see whether the import was at fault: its check says so by itself.

    A good Bundle needs no such check, which is a third of the time of compiling.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, TilewrightError) or isinstance(error, CheckFailed):
            check_import(imported)
        raise


def check_bundle(imported: ImportedModel, folder: Path) -> list[OutputAgreement]:
    """Run the Bundle in `folder` on the sample inputs of `imported`.  Raises CheckFailed where it disagrees."""
    reference = OnnxReference(imported.onnx)
    bundle = load_bundle(folder)
    agreement = [
        one
        for kind, inputs in sample_inputs(imported).items()
        for one in compare_all(kind, bundle.run(inputs), reference.run(inputs))
    ]
    imported.require(agreement, f"the build of {imported.source.origin}", bundle.manifest.target.features)
    return agreement
