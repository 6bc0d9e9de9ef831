"""A data set runs through in batches of one size, and its answers come back to where the pictures were."""

import numpy as np
import pytest
from tilewright.compile.evaluating.score_data import score_data
from tilewright.compile.processing import IGNORE, Postprocess, Preprocess
from tilewright.models.data.dataset import Dataset, labelled

PLAIN = Preprocess(2, 2, "L", mean=(0.0,), scale=(1.0,))
DIGITS, SEGMENT = Postprocess("classify"), Postprocess("segment")


def _numbers(count):
    """Pictures whose grey value is their number, which is also the right answer."""
    pixels = np.repeat(np.arange(count, dtype=np.uint8), 4).reshape(count, 2, 2, 1)
    return labelled("d", "test", list(map(str, range(count))), lambda start, stop: pixels[start:stop])


def _one_hot(batches):
    def run(tensor):
        assert tensor.dtype == np.float32 and tensor.flags.c_contiguous
        batches.append(tensor[:, 0, 0, 0].astype(int).tolist())
        return np.eye(16, dtype=np.float32)[batches[-1]]

    return run


@pytest.mark.parametrize(("count", "batch"), [(7, 1), (7, 3), (7, 7), (6, 3), (2, 5), (1, 1)])
def test_every_picture_counts_once(count, batch):
    batches, done = [], []
    found = score_data(_one_hot(batches), _numbers(count), PLAIN, DIGITS, batch, done.append)
    assert found.value == 1 and found.counts == {"right": count, "all": count}
    assert all(len(one) == batch for one in batches)
    assert done == [*range(batch, count, batch), count]
    flat = [number for one in batches for number in one]
    assert flat == [*range(count), *[count - 1] * (len(flat) - count)], "the last batch is filled with its last picture"


def test_answers_of_the_filling_do_not_count():
    data = _numbers(4)
    wrong = score_data(lambda tensor: np.eye(16)[[0] * len(tensor)], data, PLAIN, DIGITS, batch=3)
    assert wrong.counts == {"right": 1, "all": 4}


def _maps(pictures, truths, metric):
    return Dataset(
        "m", "test", metric, len(truths), lambda a, b: pictures[a:b], lambda a, b: np.asarray(truths[a:b], np.uint8)
    )


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize(("height", "width"), [(6, 5), (3, 4), (6, 4), (3, 5), (4, 4)])
def test_maps_come_back_to_the_size_of_the_picture(height, width, batch):
    """In a frame of 4x4, cut off or surrounded: the network says which pixels are bright."""
    pictures = np.random.default_rng(height).integers(0, 2, (3, height, width, 1), np.uint8)
    before = Preprocess(4, 4, "L", mean=(0.0,), scale=(1.0,), fit="center")
    truths = pictures[..., 0].copy()
    cut = np.ones((height, width), bool)
    top, left = max(0, (height - 4) // 2), max(0, (width - 4) // 2)
    cut[top : top + 4, left : left + 4] = False
    shapes = set()

    def run(tensor):
        shapes.add(tensor.shape)
        return np.concatenate([1 - tensor, tensor], axis=1)

    truths[:, cut] = 0  # there the answer is 0
    found = score_data(run, _maps(pictures, truths, "miou"), before, SEGMENT, batch)
    assert shapes == {(batch, 1, 4, 4)}
    assert found.value == 1 and found.counts == {"pixels": 3 * height * width, "right_pixels": 3 * height * width}
    truths[:, cut] = IGNORE
    foreground = score_data(run, _maps(pictures, truths, "roc_auc"), before, Postprocess("foreground"), batch)
    assert foreground.value == 1 and sum(foreground.counts.values()) == int((truths != IGNORE).sum())


def test_scaled_maps_keep_their_classes():
    """A network at half the size sees blocks of 2x2 pixels, and its classes are repeated over them."""
    blocks = np.array([[0, 3], [2, 1]], np.uint8)
    picture = np.kron(blocks, np.ones((2, 2), np.uint8))[None, ..., None]
    data = _maps(picture, picture[..., 0], "miou")
    found = score_data(lambda tensor: np.moveaxis(np.eye(4)[tensor[:, 0].astype(int)], -1, 1), data, PLAIN, SEGMENT)
    assert found.classes == {"0": 1, "1": 1, "2": 1, "3": 1}
