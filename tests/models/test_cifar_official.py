"""CIFAR in its authors' files, both versions, written here as they were there; their pickles are read, never run."""

import pickle
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.compile.errors import TilewrightError
from tilewright.models import data
from tilewright.models.data import cifar10, cifar100
from tilewright.models.data.cifar_official import cifar_source

FILES = {"cifar10": cifar10.FILES, "cifar100": cifar100.FILES}
COUNTS = {"train": 500, "test": 20}
ROWS = np.zeros((3, 3072), np.uint8)


def _text(value):
    return b"T" + struct.pack("<i", len(value)) + value


def _by_python_2(rows, classes, key):
    """Opcode by opcode what Python 2 wrote at protocol 2, which is what the official files are."""
    shape = b"M" + struct.pack("<H", len(rows)) + b"M\x00\x0c\x86"
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    array += b"(K\x01" + shape + kind + b"\x89" + _text(rows.tobytes()) + b"tb"
    numbers = b"".join(b"K" + bytes([one]) for one in classes)
    return b"\x80\x02}(" + _text(b"data") + array + _text(key) + b"](" + numbers + b"eu."


def _by_python_3(rows, classes, key):
    """The same values, by today's pickle and NumPy, the pixels column by column."""
    return pickle.dumps({b"data": np.asfortranarray(rows), key: list(map(int, classes))}, protocol=2)


def _binary(rows, classes, key):
    records = [np.full((len(rows), 1), 7)] if key == b"fine_labels" else []  # the coarse class
    return np.concatenate([*records, classes[:, np.newaxis], rows], axis=1).astype(np.uint8).tobytes()


def _write(folder, name, write):
    """A small CIFAR of random pictures in `folder` -> {train, test: (rows, classes)}."""
    random, arrays, files = np.random.default_rng(3), {}, FILES[name]
    place = folder / name / (files.binaries if write is _binary else files.pickles)
    place.mkdir(parents=True)
    for part, count in COUNTS.items():
        rows, classes = random.integers(0, 256, (count, 3072), np.uint8), random.integers(0, len(files.classes), count)
        arrays[part] = rows, classes
        names = files.files[part]
        for file, some, their in zip(names, np.split(rows, len(names)), np.split(classes, len(names)), strict=True):
            path = place / (f"{file}.bin" if write is _binary else file)
            path.write_bytes(write(some, their, files.labels_key))
    return arrays


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    for module in (cifar10, cifar100):
        monkeypatch.setattr(module, "SOURCE", cifar_source(replace(module.FILES, counts=COUNTS), "small"))
    return tmp_path


@pytest.mark.parametrize("write", [_by_python_2, _by_python_3, _binary])
@pytest.mark.parametrize("name", FILES)
def test_all_versions_give_the_same(here, name, write):
    assert not data.available(name)
    arrays = _write(here, name, write)
    assert data.available(name)
    parts = {part: data.load(name, part) for part in ("train", "calibration", "test")}
    assert [len(part) for part in parts.values()] == [490, 10, 20]
    keys = [{image.tobytes() for image in part.images()} for part in parts.values()]
    assert len(set.union(*keys)) == 520
    for part, chosen in {"calibration": slice(0, None, 50), "test": slice(None)}.items():
        rows, classes = (array[chosen] for array in arrays["test" if part == "test" else "train"])
        images = parts[part].images()
        assert (images.shape, images.dtype) == ((len(rows), 32, 32, 3), np.uint8)
        assert np.array_equal(images.transpose(0, 3, 1, 2).reshape(len(rows), -1), rows)
        assert parts[part].labels == tuple(FILES[name].classes[index] for index in classes)


def test_sizes_of_the_published_files(tmp_path, monkeypatch):
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    (tmp_path / "cifar100" / "cifar-100-binary").mkdir(parents=True)
    for name, count in (("train", 50_000), ("test", 10_000)):
        with (tmp_path / "cifar100" / "cifar-100-binary" / f"{name}.bin").open("wb") as file:
            file.truncate(count * 3074)
    assert [len(data.load("cifar100", part)) for part in ("train", "calibration", "test")] == [49_000, 1_000, 10_000]
    assert list(cifar100.CLASSES) == sorted(set(cifar100.CLASSES)) and len(cifar100.CLASSES) == 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cifar")


def _load(folder, version, content):
    files = replace(FILES["cifar10"], name=version, counts={"test": 3})
    place = folder / version / ("cifar-10-batches-bin" if version == "_binary" else "cifar-10-batches-py")
    place.mkdir(parents=True, exist_ok=True)
    (place / ("test_batch.bin" if version == "_binary" else "test_batch")).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILEWRIGHT_DATA", str(folder))
        return cifar_source(files, "three").read("test")


class _Code(tuple):
    def __reduce__(self):
        return self[0], self[1:]


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("function", [exec, Path.touch, np.zeros(0).tofile])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path, function, protocol):
    marker = tmp_path / "marker"
    code = _Code((function, f"open({str(marker)!r}, 'w')" if function is exec else marker))
    content = pickle.dumps({b"data": code}, protocol=protocol)
    with pytest.raises(TilewrightError, match=r"test_batch is refused, for it asks for '[\w.]+' and no array: get"):
        _load(tmp_path, "code", content)
    assert not marker.exists()
    assert pickle.loads(content) and marker.exists()


@pytest.mark.parametrize("write", [_by_python_2, _by_python_3, _binary])
@given(share=st.floats(0, 1))
@settings(deadline=None, max_examples=60)
def test_cut_off_files(folder, write, share):
    content = write(ROWS, np.arange(3), b"labels")
    assert len(_load(folder, write.__name__, content)) == 3
    with pytest.raises(TilewrightError, match=r"test_batch(\.bin)? (is damaged|does not hold 3 pict).*: get the file"):
        _load(folder, write.__name__, content[: int(share * (len(content) - 1))])


@pytest.mark.parametrize(
    "values",
    [
        *({}, [], b"data", {b"data": ROWS}, {b"data": 3, b"labels": [0, 1, 2]}, {"data": ROWS, "labels": [0, 1, 2]}),
        *({b"data": ROWS, b"labels": labels} for labels in ([0, 1], [0, 1, 10], [0, 1, -1], [0, 1, [2]], ROWS, None)),
        *({b"data": rows, b"labels": [0, 1, 2]} for rows in (ROWS[:2], ROWS[:, :9], ROWS.astype("<i2"), ROWS.T)),
        {b"data": np.array([{}, {}, {}]), b"labels": [0, 1, 2]},
    ],
)
def test_pickles_of_something_else(folder, values):
    with pytest.raises(TilewrightError, match=r"test_batch (is damaged|does not hold 3 pictures of classes 0 to 9)"):
        _load(folder, "else", pickle.dumps(values, protocol=2))
