"""What a manifest says of a model that was built."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..accuracy import OutputAgreement
from ..bundle.checks import file_record
from ..bundle.manifest import Manifest, SourceRecord, TargetRecord
from ..bundle.write import PARAMS
from ..importing import ImportedModel
from ..targets import Target
from ..tvm_stack import TVM_VERSION
from .build import BuiltModel

if TYPE_CHECKING:
    from ..tuning.choice import RecordedChoice


def manifest_of(
    imported: ImportedModel,
    built: BuiltModel,
    target: Target,
    folder: Path,
    recipe: dict[str, object],
    choose: RecordedChoice | None,
) -> Manifest:
    """Of what was built into `folder`, where the parameters are too; it has no check in it but the import's."""
    source, zoo = imported.source, imported.source.zoo
    files = [*built.libraries, folder / PARAMS]
    return Manifest(
        name=source.name,
        inputs=imported.inputs,
        outputs=imported.outputs,
        target=TargetRecord(target.name, target.tvm, target.architecture, tuple(sorted(target.features))),
        precision=imported.precision,
        source=SourceRecord(
            source.origin, source.sha256, imported.opset, source.weights, source.trained, imported.notes
        ),
        files={path.name: file_record(path) for path in files},
        prepared=built.prepared,
        kernels=built.kernels,
        tuned_kernels=_tuned(built, choose),
        parameter_count=imported.parameter_count,
        macs=imported.macs,
        compile_seconds=round(built.seconds, 3),
        tvm_version=TVM_VERSION,
        tilewright_version=version("tilewright"),
        recipe={**recipe, "python": sys.version.split()[0]},
        preprocess=zoo.preprocess if zoo else None,
        agreement=plain(imported.agreement),
        postprocess=zoo.postprocess if zoo else None,
        datasets=zoo.datasets if zoo else (),
        zoo=zoo.name if zoo else "",
        onnx_bytes=imported.onnx_bytes,
        quantization=imported.quantization,
    )


def _tuned(built: BuiltModel, choose: RecordedChoice | None) -> tuple[str, ...]:
    """The kernels that a record decided."""
    if choose is None:
        return ()
    return tuple(one.name for one in built.kernels if one.layer is not None and one.layer not in choose.untuned)


def plain(agreement: Iterable[OutputAgreement]) -> tuple[dict[str, Any], ...]:
    """As JSON has it."""
    return tuple(asdict(one) for one in agreement)
