"""ONNX files that PyPI packages ship import, and agree with ONNX Runtime."""

from pathlib import Path

import onnx
import onnxruntime
import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.importing import import_model

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
DATASETS = Path(onnxruntime.__file__).parent / "datasets"
LATE = ("densenet121", "inception_v2", "resnet50", "zfnet512")
OTHERS = ["bvlc_alexnet", "shufflenet", *(pytest.param(name, marks=pytest.mark.all) for name in LATE)]


def agrees(path):
    if not path.is_file():
        pytest.skip(f"this version of the package does not ship {path.name}")
    assert min(one.snr_db for one in import_model(path).agreement) >= 60


@pytest.mark.parametrize("name", ["mul_1", "sigmoid"])
def test_onnxruntime_datasets(name):
    agrees(DATASETS / f"{name}.onnx")


def test_classical_machine_learning_is_refused():
    with pytest.raises(TilewrightError, match=r"cannot import operator ai\.onnx\.ml\.\w+ at node '\w+'"):
        import_model(DATASETS / "logreg_iris.onnx")


@pytest.mark.slow
def test_squeezenet():
    agrees(LIGHT / "light_squeezenet.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_light_models(name):
    agrees(LIGHT / f"light_{name}.onnx")
