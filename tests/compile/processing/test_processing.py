"""Pictures to tensors: sizes, colours and contrast, against Pillow and OpenCV."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tilewright.compile.errors import TilewrightError
from tilewright.compile.processing import Preprocess
from tilewright.compile.processing.clahe import clahe
from tilewright.compile.processing.fit import fit_picture, restore_map
from tilewright.compile.processing.picture import to_colour, to_grey

SIDES = st.integers(1, 40)
GREY, COLOUR = st.just(1), st.just(3)
FILL = np.array([10, 20, 30], np.uint8)


def _random(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@st.composite
def pictures(draw, channels=GREY | COLOUR):
    return _random(draw(st.integers(0, 99)), draw(SIDES), draw(SIDES), draw(channels))


def _plain(channels, height=8, width=6, **more):
    count = 1 if channels == "L" else 3
    return Preprocess(height, width, channels, (0.0,) * count, (1.0,) * count, **more)


@given(some=st.lists(pictures(), min_size=1, max_size=3), channels=st.sampled_from(["L", "RGB", "BGR"]))
@settings(deadline=None)
def test_any_pictures_become_one_batch(some, channels):
    for fit in ("resize", "center"):
        x = _plain(channels, fit=fit)(some)
        assert (x.shape, x.dtype) == ((len(some), 1 if channels == "L" else 3, 8, 6), np.float32)
        assert x.flags.c_contiguous and x.min() >= 0 and x.max() <= 255


@given(picture=pictures(), height=SIDES, width=SIDES)
@settings(deadline=None)
def test_resize_is_pillows_bilinear(picture, height, width):
    image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    expected = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR)).reshape(height, width, -1)
    assert np.array_equal(fit_picture(picture, height, width, "resize", FILL), expected)


@given(picture=pictures(COLOUR), height=SIDES, width=SIDES)
@settings(deadline=None)
def test_center_cuts_and_surrounds_evenly(picture, height, width):
    fitted = fit_picture(picture, height, width, "center", FILL)
    assert fitted.shape == (height, width, 3)
    sides = list(zip(picture.shape[:2], (height, width), strict=True))
    padding = [(max(new - old, 0) // 2, (max(new - old, 0) + 1) // 2) for old, new in sides]
    rows, columns = (slice(max(old - new, 0) // 2, max(old - new, 0) // 2 + new) for old, new in sides)
    for channel, colour in enumerate(FILL):
        expected = np.pad(picture[rows, columns, channel], padding, constant_values=colour)
        assert np.array_equal(fitted[..., channel], expected)


@given(picture=pictures(GREY), more=st.tuples(SIDES, SIDES))
@settings(deadline=None)
def test_restoring_undoes_centering(picture, more):
    height, width = picture.shape[:2]
    fitted = fit_picture(picture, height + more[0], width + more[1], "center", FILL[:1])
    assert np.array_equal(restore_map(fitted[..., 0], height, width, "center"), picture[..., 0])
    # The other way round something was cut off, and there is no answer for it.
    cut = restore_map(picture[..., 0], *fitted.shape[:2], "center")
    assert cut.sum(dtype=int) == picture.sum(dtype=int)


@given(picture=pictures(GREY), height=SIDES, width=SIDES)
@settings(deadline=None)
def test_restored_maps_hold_no_new_classes(picture, height, width):
    classes = restore_map(picture[..., 0], height, width, "resize")
    assert (classes.shape, classes.dtype) == ((height, width), np.uint8)
    assert set(np.unique(classes)) <= set(np.unique(picture))
    scores = restore_map(picture[..., 0] / np.float32(255), height, width, "resize")
    assert (scores.shape, scores.dtype) == ((height, width), np.float32)
    assert picture.min() / 255 - 1e-6 <= scores.min() and scores.max() <= picture.max() / 255 + 1e-6


def test_grey_is_pillows_for_every_colour():
    for red in range(256):
        colours = np.stack(np.broadcast_arrays(red, *np.mgrid[:256, :256]), axis=-1).astype(np.uint8)
        assert np.array_equal(to_grey(colours)[..., 0], np.asarray(Image.fromarray(colours).convert("L")))


@given(picture=pictures())
@settings(deadline=None)
def test_colours_are_in_the_order_asked_for(picture):
    rgb, bgr, grey = (_plain(channels)([picture]) for channels in ("RGB", "BGR", "L"))
    assert np.array_equal(bgr, rgb[:, ::-1])
    assert to_colour(picture).shape[2] == 3 and to_grey(picture).shape[2] == 1
    if picture.shape[2] == 1:
        assert np.array_equal(rgb, np.repeat(grey, 3, axis=1))


def test_mean_and_scale_are_in_the_order_of_the_channels():
    x = Preprocess(1, 1, "BGR", (1, 2, 3), (1, 10, 100))([np.array([[[4, 5, 6]]], np.uint8)])
    assert x.ravel().tolist() == [5, 30, 100]
    padded = Preprocess(1, 3, "BGR", (9, 8, 7), (1, 1, 1), fit="center")([np.array([[[4, 5, 6]]], np.uint8)])
    assert padded[0, :, 0].tolist() == [[0, -3, 0], [0, -3, 0], [0, -3, 0]]  # surrounded by the mean, which is 0 then


@pytest.mark.parametrize(
    "wrong",
    [np.zeros(shape, np.uint8) for shape in [(4, 4), (4, 4, 2), (4, 4, 4), (1, 4, 4, 3), (0, 4, 3)]]
    + [np.zeros((4, 4, 3), kind) for kind in (np.float32, np.int8, bool)],
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(
        TilewrightError, match=r"a picture is uint8 of shape \(H, W, 3\), RGB, or \(H, W, 1\), grey; not"
    ):
        _plain("RGB")([wrong])


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)), clip=st.sampled_from([2.0, 4.0]), kind=st.integers(1, 8)
)
@settings(deadline=None, max_examples=300)
def test_clahe_is_opencvs(shape, clip, kind):
    cv2 = pytest.importorskip("cv2")
    grey = _random(kind, *shape) >> (kind - 1)
    assert np.array_equal(clahe(grey, clip), cv2.createCLAHE(clip, (8, 8)).apply(grey))


def test_it_is_plain_data():
    before = _plain("L", fit="center", enhance="retina")
    assert Preprocess.from_json(json.loads(json.dumps(before.to_json()))) == before
