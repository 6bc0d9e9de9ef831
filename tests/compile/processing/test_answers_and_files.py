"""Tensors to answers, and files to pictures."""

import json
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tilewright.compile.errors import TilewrightError
from tilewright.compile.processing import Postprocess, read_picture
from tilewright.compile.processing.picture import to_colour


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5)), seed=st.integers(0, 9)
)
@settings(deadline=None)
def test_answers_have_the_form_they_should(shape, seed):
    scores = np.random.default_rng(seed).random(shape, np.float32)
    classes, inside = Postprocess("segment")(scores), Postprocess("foreground")(scores)
    assert (classes.shape, classes.dtype) == ((shape[0], *shape[2:]), np.uint8)
    assert np.array_equal(np.take_along_axis(scores, classes[:, np.newaxis].astype(int), 1)[:, 0], scores.max(axis=1))
    assert inside.dtype == np.float32 and np.array_equal(inside, scores[:, -1])
    letters = tuple("abcdefghi")
    named, counted = Postprocess("classify", letters)(scores[..., 0, 0]), Postprocess("classify")(scores[..., 0, 0])
    assert named == [letters[int(index)] for index in counted] and len(named) == shape[0]
    texts = Postprocess("ctc", letters[: shape[1] - 1])(scores[..., 0])
    assert len(texts) == shape[0] and all(set(text) <= set(letters[: shape[1] - 1]) for text in texts)


@given(best=st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_ctc_drops_repeats_then_blanks(best):
    expected, last = "", None
    for index in best:
        expected += "abc"[index] if index not in (last, 3) else ""
        last = index
    assert Postprocess("ctc", tuple("abc"))(np.eye(4)[:, best][np.newaxis]) == [expected]


def test_it_is_plain_data():
    after = Postprocess("segment", ("road", "sky"))
    assert Postprocess.from_json(json.loads(json.dumps(after.to_json()))) == after
    assert [Postprocess(kind).gives_maps for kind in ("classify", "ctc", "segment", "foreground")] == [0, 0, 1, 1]


@pytest.mark.parametrize(("mode", "channels"), [("1", 1), ("L", 1), ("P", 3), ("RGB", 3), ("RGBA", 3)])
@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF"])
def test_files_are_decoded_to_grey_or_colour(mode, channels, kind):
    pixels = np.where(np.random.default_rng(1).integers(0, 256, (9, 7, 1)) > 127, np.uint8(255), np.uint8(0)) * np.ones(
        3, np.uint8
    )
    Image.fromarray(pixels).convert(mode).save(content := BytesIO(), kind)
    picture = read_picture(content)
    assert kind == "GIF" or picture.shape == (9, 7, channels)  # GIF keeps no modes
    assert np.array_equal(to_colour(picture), pixels)


def test_what_is_no_file_of_a_picture_ends_in_one_line(tmp_path):
    with pytest.raises(TilewrightError, match=r"none\.png: no such file"):
        read_picture(tmp_path / "none.png")
    for content in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50):
        with pytest.raises(TilewrightError, match=r"a\.zip:b: not an image that Pillow can read") as caught:
            read_picture(BytesIO(content), "a.zip:b")
        assert "\n" not in str(caught.value)
