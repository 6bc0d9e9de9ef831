"""The manifest of a Bundle: everything that running it or making it again needs to know, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import TilewrightError
from ..processing import Postprocess, Preprocess
from ..tensor_spec import TensorSpec

FILE = "manifest.json"
FORMAT = 2


@dataclass(frozen=True)
class FileRecord:
    """A file of the Bundle, as it must be."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class KernelRecord:
    """One fused function of the graph: its name in the module, what it does, and what one call costs.

    `shape` is the shape of its result, `macs` the multiply-accumulates of a direct computation, `work` those of the
    algorithm that does it, `traffic` the bytes of its arguments and results.  `schedule` says which of our
    own kernels does it: its layer (as tuning records have it), kernel, config.
    """

    name: str
    operators: tuple[str, ...]
    shape: tuple[int, ...]
    macs: int
    work: int
    traffic: int
    schedule: dict[str, Any] | None = None

    @property
    def layer(self) -> str | None:
        """The layer that a kernel of ours computes; None for a kernel of TVM's."""
        return None if self.schedule is None else self.schedule["layer"]


@dataclass(frozen=True)
class TargetRecord:
    """The target the module was built for: TVM's string, and the CPU features (LLVM's names) that it needs."""

    name: str
    tvm: str
    architecture: str
    features: tuple[str, ...]


@dataclass(frozen=True)
class SourceRecord:
    """Where the model came from: the file or zoo name, the hash of its ONNX file, and of which weights."""

    origin: str
    sha256: str
    opset: int
    weights: str
    trained: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """`recipe` holds the arguments of `compile_model`; `prepared` names what prepare.so makes at load;
    `tuned_kernels` are the kernels that a tuning record decided.  `agreement` is the check against ONNX Runtime:
    of the Bundle itself, or, where the building machine could not run the target's code, of its "twin", the same
    network built for that machine, or of the import; `checked` says which.
    `zoo` is the zoo model it is, `onnx_bytes` the size of the ONNX graph it was made from, `quantization` what is known
    of how it was quantized (recipe, calibration...).
    """

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    target: TargetRecord
    precision: str
    source: SourceRecord
    files: dict[str, FileRecord]
    prepared: tuple[str, ...]
    kernels: tuple[KernelRecord, ...]
    tuned_kernels: tuple[str, ...]
    parameter_count: int
    macs: int
    compile_seconds: float
    tvm_version: str
    tilewright_version: str
    recipe: dict[str, Any]
    agreement: tuple[dict[str, Any], ...]
    checked: Literal["bundle", "twin", "import"] = "import"
    preprocess: Preprocess | None = None
    postprocess: Postprocess | None = None
    datasets: tuple[str, ...] = ()
    zoo: str = ""
    onnx_bytes: int | None = None
    quantization: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def batch(self) -> int:
        """The first dimension of the first input; 1 for a scalar."""
        return self.inputs[0].shape[0] if self.inputs and self.inputs[0].shape else 1

    @property
    def parameter_bytes(self) -> int:
        """Size of the stored weights in bytes."""
        return self.files["params.npz"].bytes

    @property
    def code_bytes(self) -> int:
        """Size of the machine code files in bytes."""
        return sum(record.bytes for name, record in self.files.items() if name.endswith(".so"))


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write manifest.json into `folder`."""
    (folder / FILE).write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a Bundle.  Raises TilewrightError for what is none, or one of another format."""
    path = folder / FILE
    if not path.is_file():
        raise TilewrightError(f"{folder}: not a Bundle (no {FILE} in it): make one with `tilewright compile MODEL -o`")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise TilewrightError(f"{folder}: Bundle format {values.get('format')!r} is not {FORMAT}: compile it again")
        return _from_json(values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TilewrightError(f"{path}: damaged ({type(error).__name__}: {error}): compile the model again") from None


def _from_json(values: dict[str, Any]) -> Manifest:
    def specs(key: str) -> tuple[TensorSpec, ...]:
        return tuple(TensorSpec(**{**spec, "shape": tuple(spec["shape"])}) for spec in values[key])

    kernels = [
        KernelRecord(**{**one, "operators": tuple(one["operators"]), "shape": tuple(one["shape"])})
        for one in values["kernels"]
    ]
    return Manifest(
        **{
            **values,
            "inputs": specs("inputs"),
            "outputs": specs("outputs"),
            "target": TargetRecord(**{**values["target"], "features": tuple(values["target"]["features"])}),
            "source": SourceRecord(**{**values["source"], "notes": tuple(values["source"]["notes"])}),
            "files": {name: FileRecord(**record) for name, record in values["files"].items()},
            "kernels": tuple(kernels),
            "prepared": tuple(values["prepared"]),
            "tuned_kernels": tuple(values["tuned_kernels"]),
            "datasets": tuple(values["datasets"]),
            "agreement": tuple(values["agreement"]),
            "preprocess": values["preprocess"] and Preprocess.from_json(values["preprocess"]),
            "postprocess": values["postprocess"] and Postprocess.from_json(values["postprocess"]),
        }
    )
