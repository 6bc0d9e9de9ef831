"""What must hold before a Bundle's code is loaded: every file is the one that was written, and the CPU can run it."""

from __future__ import annotations

from pathlib import Path

from ..cpu import HostCpu
from ..errors import TilewrightError
from ..files import file_digest
from .manifest import FileRecord, Manifest


def file_record(path: Path) -> FileRecord:
    """Hash and size of a file."""
    return FileRecord(file_digest(path), path.stat().st_size)


def require_intact(manifest: Manifest, folder: Path) -> None:
    """Raises TilewrightError when a file is missing, or differs from its record in the manifest, or has none."""
    for name in ("model.so", "params.npz", *(["prepare.so"] if manifest.prepared else [])):
        if name not in manifest.files:
            raise TilewrightError(f"{folder}: the manifest has no checksum of {name!r}: copy or compile it again")
    for name, expected in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise TilewrightError(f"{folder}: the Bundle's file {name!r} is missing: copy or compile it again")
        if file_record(path) != expected:
            raise TilewrightError(f"{path}: differs from what was built (wrong checksum): copy or compile it again")


def require_cpu(manifest: Manifest, cpu: HostCpu) -> None:
    """Raises TilewrightError when the Bundle's code would use instructions that this CPU does not have."""
    target = manifest.target
    if cpu.architecture != target.architecture:
        lacks = f"this machine is {cpu.architecture}"
    elif missing := cpu.missing(frozenset(target.features)):
        lacks = f"this CPU ({cpu.model}) has no {', '.join(missing)}"
    else:
        return
    raise TilewrightError(
        f"Bundle {manifest.name!r} was built for {target.name}, but {lacks}: compile it with --target native here, "
        "or with the target of this machine elsewhere"
    )
