"""Data sets beside digits and plates: parts are whole and never mix, maps mean what they should, slices fit."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tilewright.compile.errors import TilewrightError
from tilewright.models import data
from tilewright.models.data import camvid, cifar10_jpeg, imagenet_val1300
from tilewright.models.data.dataset import IGNORE, labelled
from tilewright.models.data.pictures import from_zip

COUNTS = {
    "camvid": {"train": 336, "calibration": 31, "val": 101, "test": 233},
    "cifar10-jpeg": {"train": 49_000, "calibration": 1000, "test": 10_000},
    "drive": {"all": 20, "calibration": 10, "test": 10, "pair": 2},
    "imagenet-val1300": {"all": 1300, "calibration": 300, "test": 1000},
    "nuclei": {"train": 234, "calibration": 30, "test": 70},
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts(load_part, name):
    parts = {part: load_part(name, part) for part in data.get(name).parts}
    assert {part: len(dataset) for part, dataset in parts.items()} == COUNTS[name]
    assert all(len(dataset.truth(1, 3)) == len(dataset.images(1, 3)) > 0 for dataset in parts.values() if len(dataset))


@pytest.mark.parametrize(
    ("module", "reader"), [(camvid, "from_folder"), (cifar10_jpeg, "from_zip"), (imagenet_val1300, "from_zip")]
)
def test_parts_never_mix_by_file(load_part, monkeypatch, module, reader):
    files = []
    monkeypatch.setattr(module, reader, lambda *arguments: files.extend(map(str, arguments[-1])))
    for part in (part for part in module.SOURCE.parts if part != "all"):
        load_part(module.SOURCE.name, part)
    names = [file.rpartition("/")[2] if module is camvid else file for file in files]
    assert (
        len(set(names)) == len(names) == sum(COUNTS[module.SOURCE.name].values()) - (module is imagenet_val1300) * 1300
    )


@pytest.mark.parametrize("name", ["drive", "nuclei"])
def test_parts_never_mix_by_picture(load_part, name):
    keys = {part: {image.tobytes() for image in load_part(name, part).images()} for part in data.get(name).parts}
    assert {part: len(images) for part, images in keys.items()} == COUNTS[name]
    assert not keys["calibration"] & keys["test"]
    if name == "drive":
        assert keys["pair"] < keys["test"] < keys["all"] == keys["test"] | keys["calibration"]
    else:
        assert not keys["train"] & (keys["calibration"] | keys["test"])


def test_maps_hold_classes_and_what_to_ignore(load_part):
    scenes, nuclei, retinas = load_part("camvid", "test"), load_part("nuclei", "test"), load_part("drive", "pair")
    assert set(np.unique(scenes.truth())) == {*range(11), IGNORE}
    assert (scenes.truth(0, 1).shape, nuclei.truth().shape) == ((1, 360, 480), (70, 256, 256))
    assert set(np.unique(nuclei.truth())) == {0, 1}
    maps = retinas.truth()
    assert (maps.shape, maps.dtype) == ((2, 584, 565), np.uint8)
    # Darkness is outside the field of view, and vessels are darker than the rest of it: the maps fit the pictures.
    green = retinas.images()[..., 1]
    assert green[maps == IGNORE].mean() < 10 < green[maps == 1].mean() < green[maps == 0].mean()
    assert 0.05 < (maps == 1).sum() / (maps != IGNORE).sum() < 0.2


def test_labels_of_imagenet_are_indices(load_part):
    labels = load_part("imagenet-val1300", "all").labels
    assert (labels[:3], len(set(labels))) == (("472", "260", "300"), 725)
    assert load_part("imagenet-val1300", "calibration").labels + load_part("imagenet-val1300", "test").labels == labels


@pytest.fixture(scope="module")
def pixels_and_zip(tmp_path_factory):
    """Nine small pictures, as an array and as PNGs in a zip file."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), np.uint8)
    path = tmp_path_factory.mktemp("zip") / "pictures.zip"
    with zipfile.ZipFile(path, "w") as file:
        for index, picture in enumerate(pixels):
            Image.fromarray(picture).save(content := BytesIO(), "PNG")
            file.writestr(f"{index}.png", content.getvalue())
    return pixels, path


@given(start=st.integers(-12, 12), stop=st.integers(-12, 12) | st.none())
@settings(deadline=None)
def test_a_slice_is_part_of_the_whole(pixels_and_zip, start, stop):
    pixels, path = pixels_and_zip
    dataset = labelled("d", "test", "abcdefghi", from_zip(path, [f"{index}.png" for index in range(9)]))
    assert dataset.truth(start, stop) == list("abcdefghi"[start:stop])
    images = dataset.images(start, stop)
    assert len(images) == len(pixels[start:stop])
    assert not len(images) or np.array_equal(images, pixels[start:stop])


def _copy(source, target, kept=lambda name: True):
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file() and kept(file.name):
            (target / file.name).symlink_to(file)


@pytest.mark.parametrize("cut", [0, 5, 700, 3000])
def test_damaged_drive(load_part, tmp_path, monkeypatch, cut):
    load_part("drive", "pair")
    folder = tmp_path / "retina-unet-drive"
    _copy(data.data_folder() / "retina-unet-drive", folder)
    for name in ("01_manual1.gif", "01_test.webp", "06_test_mask.gif"):
        whole = (folder / name).read_bytes()
        (folder / name).unlink()
        (folder / name).write_bytes(whole[:cut])
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    dataset = data.load("drive", "pair")
    for read in (dataset.images, dataset.truth, lambda: dataset.truth(1)):
        with pytest.raises(TilewrightError, match=r"retina-unet-drive/0\d_\w+\.\w+: not an image") as caught:
            read()
        assert "\n" not in str(caught.value)
    Image.new("L", (584, 565)).save(folder / "06_test_mask.gif")
    with pytest.raises(TilewrightError, match=r"06_test_mask.gif is 565x584, not 584x565: get"):
        dataset.truth(1)
    (folder / "06_manual1.gif").unlink()
    with pytest.raises(
        TilewrightError,
        match=r"data set drive not found at .*06_manual1.gif: `tilewright data get retina-unet-drive`, or set",
    ):
        data.load("drive", "pair")


def test_damaged_imagenet(load_part, tmp_path, monkeypatch):
    load_part("imagenet-val1300", "all")
    folder = tmp_path / "imagenet-val1300"
    _copy(data.data_folder() / "imagenet-val1300", folder, lambda name: name == "dataset.txt")
    text = (folder / "dataset.txt").read_text()
    monkeypatch.setenv("TILEWRIGHT_DATA", str(tmp_path))
    with pytest.raises(TilewrightError, match=r"images.zip: `tilewright data get imagenet-val1300`, or set"):
        data.load("imagenet-val1300")
    (folder / "images.zip").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(TilewrightError, match=r"images.zip is damaged"):
        data.load("imagenet-val1300")
    (folder / "dataset.txt").unlink()
    for wrong in ("", text[:-4000], text.replace(", ", ", 1"), "\0" * 99):
        (folder / "dataset.txt").write_text(wrong)
        with pytest.raises(TilewrightError, match=r"dataset.txt has labels for \d+ pictures, not 1300: get"):
            data.load("imagenet-val1300")
