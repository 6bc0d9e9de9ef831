"""Read an ONNX file without trusting it: is it one, is it whole, do its opset and its external data fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import TilewrightError
from .check_operators import name_nodes, refuse_undefined_operators

OLDEST_OPSET, NEWEST_OPSET = 7, 21


def read_onnx(path: Path) -> Any:
    """The `onnx.ModelProto` in `path`, with its external data.

    Raises TilewrightError for a missing, truncated or foreign file, an opset outside 7 to 21, an operator that nobody
    defines, and external data outside the model's folder.
    """
    import onnx
    from google.protobuf.message import DecodeError

    if not path.is_file():
        raise TilewrightError(f"{path}: no such file")
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError:
        raise TilewrightError(f"{path}: not an ONNX file, or one that was cut short: export or copy it again") from None
    except OSError as error:
        raise TilewrightError(f"{path}: cannot be read ({error.strerror})") from None
    if not model.graph.node or not model.opset_import:
        raise TilewrightError(f"{path}: not an ONNX file: there is no graph in it")
    try:
        _accept(model, path)
    except (TypeError, UnicodeError) as error:  # a string that is not UTF-8 is bytes to protobuf
        raise TilewrightError(f"{path}: damaged ({str(error).splitlines()[0]}): export or copy it again") from None
    return model


def _accept(model: Any, path: Path) -> None:
    opset = opset_of(model, path)
    name_nodes(model.graph)
    refuse_undefined_operators(model, path, opset)
    model.ir_version = max(model.ir_version, 4)  # before that, weights had to be listed as inputs too: many are not
    _load_external_data(model, path)


def opset_of(model: Any, path: Path) -> int:
    """The version of ONNX's own operator set.  Raises TilewrightError outside 7 to 21."""
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    opset = versions[0] if versions else NEWEST_OPSET  # only foreign domains: the operator check names the node
    if not OLDEST_OPSET <= opset <= NEWEST_OPSET:
        raise TilewrightError(
            f"{path}: opset {opset} is not supported, "
            f"export with {OLDEST_OPSET} to {NEWEST_OPSET} (17 is a good choice)"
        )
    return opset


def _load_external_data(model: Any, path: Path) -> None:
    from onnx import external_data_helper

    folder = path.resolve().parent
    for tensor in external_data_helper._get_all_tensors(model):
        if not external_data_helper.uses_external_data(tensor):
            continue
        location = {entry.key: entry.value for entry in tensor.external_data}.get("location", "")
        target = (folder / location).resolve()
        if not location or not target.is_relative_to(folder):
            raise TilewrightError(
                f"{path}: the external data of {tensor.name!r} ({location!r}) lies outside the model's folder: refused"
            )
        if not target.is_file():
            raise TilewrightError(f"{path}: the external data of {tensor.name!r} is missing: put {location} beside it")
    try:
        external_data_helper.load_external_data_for_model(model, str(folder))
    except (OSError, ValueError, RuntimeError) as error:  # a data file that is too short, mostly
        raise TilewrightError(f"{path}: its external data cannot be read ({error})") from None


def check_graph(model: Any, path: Path) -> None:
    """ONNX's own checker, for graphs made of ONNX's own operators: others are named by the operator check.

    It wants shapes that files may leave out, so it comes after shape inference.  Raises TilewrightError.
    """
    import onnx

    if any(node.domain not in ("", "ai.onnx") for node in model.graph.node):
        return
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise TilewrightError(f"{path}: not a valid ONNX model: {str(error).splitlines()[0]}") from None
    except ValueError:
        return  # over protobuf's 2 GB: the checker wants a path then
