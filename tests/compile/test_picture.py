"""One image's path through a Bundle, and the picture that shows it."""

import numpy as np
import pytest
from PIL import Image
from tilewright.compile.bundle import load_bundle
from tilewright.compile.errors import TilewrightError
from tilewright.compile.pipeline import compile_model
from tilewright.compile.processing import IGNORE, Postprocess
from tilewright.compile.report.path_picture import draw_path
from tilewright.compile.running import ImageRun, draw_image, run_images
from tilewright.models import zoo

pytest.importorskip("matplotlib", reason="an optional extra")


@pytest.fixture(scope="module")
def bundle(lenet5):
    return load_bundle(lenet5.path, threads=1)


@pytest.fixture
def two(digits, tmp_path):
    """A digit as it is, and one in colour and of another size; what stands on them."""
    Image.fromarray(digits[0][0, ..., 0]).save(tmp_path / "0.png")
    Image.fromarray(digits[0][1, ..., 0]).convert("RGB").resize((56, 70)).save(tmp_path / "1.png")
    return [tmp_path / "0.png", tmp_path / "1.png"], digits[1][:2]


def is_drawing(path):
    """A PNG of sane size with more than one colour in each quarter."""
    with Image.open(path) as image:
        assert image.format == "PNG" and 1000 < image.width < 3000 and 150 < image.height < 1000
        pixels = np.asarray(image.convert("RGB"))
    return all(len(np.unique(part.reshape(-1, 3), axis=0)) > 1 for part in np.array_split(pixels, 4, axis=1))


def test_a_run_holds_the_whole_path(bundle, two):
    files, labels = two
    for file, label in zip(files, labels, strict=True):
        (run,), outputs = run_images(bundle, [file])
        assert (run.path, run.answer, run.text) == (file, label, label)
        with Image.open(file) as image:
            assert np.array_equal(run.picture.squeeze(), np.asarray(image))
        assert run.picture.ndim == 3 and run.picture.dtype == np.uint8
        assert np.array_equal(run.tensor, bundle.manifest.preprocess([run.picture])[0])
        assert np.array_equal(run.output, outputs["output"][0])
        assert np.array_equal(run.output, bundle.run({"input": run.tensor[np.newaxis]})["output"][0])


def test_it_is_drawn(bundle, two, tmp_path):
    for number, file in enumerate(two[0]):
        draw_image(bundle, file, tmp_path / "deep" / f"{number}.png")
        assert is_drawing(tmp_path / "deep" / f"{number}.png")
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["0.png", "1.png"]


@pytest.mark.parametrize(("suffix", "starts"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_other_kinds_of_file(bundle, two, tmp_path, suffix, starts):
    draw_image(bundle, two[0][0], tmp_path / f"p.{suffix}")
    assert (tmp_path / f"p.{suffix}").read_bytes().startswith(starts)


def test_the_command_line_draws(cli, lenet5, two, tmp_path):
    done = cli("run", lenet5.path, "-i", two[0][1], "--picture", tmp_path / "p.png", "--threads", "1")
    assert done.code == 0 and not done.stderr and done.stdout == f"{two[0][1]}: {two[1][1]}\n"
    assert is_drawing(tmp_path / "p.png")


def fails(bundle, path, picture, says):
    with pytest.raises(TilewrightError, match=says) as caught:
        draw_image(bundle, path, picture)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)
    assert not picture.exists()


def test_what_cannot_be_drawn(bundle, two, tmp_path):
    picture = tmp_path / "p.png"
    fails(bundle, tmp_path, picture, "--picture shows the path of one image: .* is none")
    np.save(tmp_path / "x.npy", np.zeros((1, 1, 28, 28), np.float32))
    fails(bundle, tmp_path / "x.npy", picture, "path of one image: .*x.npy is none")
    (tmp_path / "text.png").write_text("no image")
    fails(bundle, tmp_path / "text.png", picture, "text.png: not an image that Pillow can read")
    fails(bundle, tmp_path / "absent.png", picture, "absent.png: no such file")
    for name in ("p.jpg", "p", "p.npz"):
        fails(bundle, two[0][0], tmp_path / name, f"{name}: a picture is written as .png, .svg or .pdf")
    fails(bundle, two[0][0], two[0][0] / "p.png", "cannot write .*p.png")


def test_without_matplotlib_it_says_what_to_install(bundle, two, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    fails(bundle, two[0][0], tmp_path / "p.png", r"--picture needs matplotlib: pip install 'tilewright\[report\]'")


def made_up(channels, answer):
    """A run of a network that gives maps, on a picture of 30x40 in a frame of 32x32."""
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (30, 40, 3), np.uint8)
    tensor, output = random.normal(size=(3, 32, 32)), random.random((channels, 32, 32))
    return ImageRun(None, picture, tensor.astype(np.float32), output.astype(np.float32), answer, "")


@pytest.mark.parametrize(
    ("kind", "channels", "answer"),
    [
        ("segment", 11, np.arange(1200).reshape(30, 40) // 120),
        ("segment", 3, np.zeros((30, 40))),
        ("foreground", 1, np.linspace(0, 1, 1200).reshape(30, 40)),
        ("foreground", 2, np.zeros((30, 40))),
    ],
)
def test_maps_are_drawn(kind, channels, answer, tmp_path):
    assert int(answer.max()) < IGNORE
    answer = answer.astype(np.uint8 if kind == "segment" else np.float32)
    postprocess = Postprocess(kind)
    draw_path(made_up(channels, answer), postprocess, tmp_path / "p.png")
    assert is_drawing(tmp_path / "p.png")


@pytest.mark.all
def test_a_unet_is_drawn(tmp_path):
    compiled = compile_model("unet", tmp_path / "b", weights="random")
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.png")
    bundle = load_bundle(compiled.path, threads=1)
    (run,), _ = run_images(bundle, [tmp_path / "x.png"])
    assert run.answer.shape == (200, 300) and run.output.shape == (1, 256, 256)
    share = np.mean(run.answer > 0.5)
    assert run.text == f"{zoo.get('unet').postprocess.labels[0]} {share:.1%}"
    draw_image(bundle, tmp_path / "x.png", tmp_path / "p.png")
    assert is_drawing(tmp_path / "p.png")
