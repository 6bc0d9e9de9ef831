"""`run_inputs`: arrays, an image, a folder of images."""

import numpy as np
import pytest
from PIL import Image
from tilewright.compile.bundle import load_bundle
from tilewright.compile.bundle.manifest import read_manifest
from tilewright.compile.errors import TilewrightError
from tilewright.compile.pipeline import compile_model
from tilewright.compile.running import run_inputs
from tilewright.compile.tensor_spec import random_inputs


@pytest.fixture(scope="module")
def bundle(lenet5):
    return load_bundle(lenet5.path)


@pytest.fixture(scope="module")
def batch_of_four(tmp_path_factory):
    return compile_model("lenet5", tmp_path_factory.mktemp("four") / "lenet5.bundle", batch=4)


@pytest.fixture
def pictures(digits, tmp_path):
    """Ten digits as PNG files, and what stands on them, in the order of the files' names."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, image in enumerate(digits[0][:10]):
        Image.fromarray(image[..., 0]).save(folder / f"{index}.png")
    (folder / "notes.txt").write_text("not an image")
    return folder, digits[1][:10]


def read(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def test_a_folder_of_images_in_the_order_of_their_names(bundle, pictures, tmp_path):
    folder, labels = pictures
    lines = list(run_inputs(bundle, folder, tmp_path / "out.npz"))
    assert [line.rpartition(": ")[0] for line in lines] == [str(folder / f"{index}.png") for index in range(10)]
    assert [line[-1] for line in lines] == list(labels)
    assert read(tmp_path / "out.npz")["output"].shape == (10, 10)


def test_one_image_gives_the_answer_it_has_in_its_folder(bundle, pictures, tmp_path):
    folder, labels = pictures
    list(run_inputs(bundle, folder, tmp_path / "all.npz"))
    (line,) = run_inputs(bundle, folder / "3.png", tmp_path / "one.npz")
    assert line == f"{folder / '3.png'}: {labels[3]}"
    assert np.array_equal(read(tmp_path / "one.npz")["output"][0], read(tmp_path / "all.npz")["output"][3])


def test_an_image_of_another_size_and_in_colour(bundle, pictures, tmp_path):
    folder, labels = pictures
    Image.open(folder / "3.png").convert("RGB").resize((84, 84)).save(tmp_path / "large.jpg")
    (line,) = run_inputs(bundle, tmp_path / "large.jpg")
    assert line.endswith(f": {labels[3]}")


def test_a_batch_of_four_answers_as_four_batches_of_one(bundle, batch_of_four, pictures, tmp_path):
    folder, _ = pictures
    four = load_bundle(batch_of_four.path)
    assert four.manifest.batch == 4 and read_manifest(batch_of_four.path).macs == 4 * bundle.manifest.macs
    single, together = tmp_path / "single.npz", tmp_path / "together.npz"
    assert list(run_inputs(four, folder, together)) == list(run_inputs(bundle, folder, single))  # ten: 4 + 4 + 2
    np.testing.assert_allclose(read(together)["output"], read(single)["output"], rtol=1e-5, atol=1e-5)
    inputs = random_inputs(four.manifest.inputs)["input"]
    rows = [bundle.run({"input": image[np.newaxis]})["output"] for image in inputs]
    np.testing.assert_allclose(four.run({"input": inputs})["output"], np.concatenate(rows), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", [".npy", ".npz"])
def test_arrays(bundle, tmp_path, kind):
    inputs = random_inputs(bundle.manifest.inputs)
    path = tmp_path / f"x{kind}"
    np.save(path, inputs["input"]) if kind == ".npy" else np.savez(path, **inputs)
    (line,) = run_inputs(bundle, path, tmp_path / "out.npz")
    expected = bundle.run(inputs)["output"]
    assert line.startswith(f"output: float32[1, 10]: min {expected.min():.6g}, mean ")
    assert np.array_equal(read(tmp_path / "out.npz")["output"], expected)


def fails(bundle, path, pattern, output=None):
    with pytest.raises(TilewrightError, match=pattern) as caught:
        list(run_inputs(bundle, path, output))
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_inputs_that_cannot_be_read(bundle, tmp_path):
    fails(bundle, tmp_path / "absent.png", "absent.png: no such file or folder")
    (tmp_path / "empty").mkdir()
    fails(bundle, tmp_path / "empty", "no image in this folder")
    for name, message in [
        ("x.npy", "not an array file"),
        ("x.npz", "not an array file"),
        ("x.png", "not an image that Pillow can read"),
        ("x.txt", "not an image that Pillow can read"),
    ]:
        (tmp_path / name).write_bytes(b"nothing of the sort")
        fails(bundle, tmp_path / name, f"{name}: {message}")
        (tmp_path / name).write_bytes(b"")
        fails(bundle, tmp_path / name, f"{name}: {message}")


def test_truncated_arrays(bundle, tmp_path):
    image = random_inputs(bundle.manifest.inputs)["input"]
    for name, save in (("x.npy", np.save), ("x.npz", lambda path, array: np.savez(path, input=array))):
        path = tmp_path / name
        save(path, image)
        path.write_bytes(path.read_bytes()[:-100])
        fails(bundle, path, f"{name}: not an array file that NumPy can read")


def test_pickled_arrays_are_refused(bundle, tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    fails(bundle, tmp_path / "x.npy", "not an array file")
    np.savez(tmp_path / "x.npz", input=np.array([{"a": 1}], dtype=object))
    fails(bundle, tmp_path / "x.npz", "x.npz: not an array file")


def test_arrays_that_do_not_fit(bundle, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 28, 28), np.float32))
    fails(bundle, tmp_path / "x.npy", r"shape \(1, 3, 28, 28\), the model takes \(1, 1, 28, 28\)", tmp_path / "out.npz")
    np.savez(tmp_path / "x.npz", picture=np.zeros((1, 1, 28, 28), np.float32))
    fails(bundle, tmp_path / "x.npz", "input 'input' is missing", tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


def test_an_output_that_cannot_be_written(bundle, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 28, 28), np.float32))
    (tmp_path / "file").write_text("")
    fails(bundle, tmp_path / "x.npy", "cannot write .*out.npz", tmp_path / "file" / "out.npz")
