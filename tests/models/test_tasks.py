"""Losses are their formulas; changes to pictures take the maps with them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tilewright.models.data.dataset import IGNORE
from tilewright.models.training.augment import flip, jitter, shift, turn, zoom_crop
from tilewright.models.training.tasks import Classification, Foreground, Segmentation
from torch import nn
from torch.nn import functional

QUICK = settings(deadline=None, max_examples=40)
SEEDS = st.integers(0, 10_000)


class _AsGiven(nn.Identity):
    """The answers are the inputs."""

    def logits(self, inputs):
        return inputs


def _random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _seeded(seed):
    return torch.Generator().manual_seed(seed)


def _task(kind, **settings):
    return kind(torch.zeros(0), torch.zeros(0), lambda images, truths, done, generator: (images, truths), **settings)


def test_classification_smooths_its_labels():
    scores, truth = _random(5, 4), torch.tensor([0, 3, 1, 2, 2])
    loss, right = _task(Classification, smoothing=0.2).loss(_AsGiven(), scores, truth)
    wanted = functional.one_hot(truth, 4) * 0.8 + 0.2 / 4
    assert torch.allclose(loss, -(wanted * scores.log_softmax(1)).sum(1).mean())
    assert right == (scores.argmax(1) == truth).float().mean()


def test_segmentation_leaves_out_what_is_not_known():
    scores, truth = _random(2, 3, 4, 5).requires_grad_(), torch.randint(0, 3, (2, 4, 5), generator=_seeded(1))
    truth[:, 1:3, 2:] = IGNORE
    known, weights = truth != IGNORE, torch.tensor([1.0, 0.5, 3.0])
    loss, right = _task(Segmentation, weights=weights).loss(_AsGiven(), scores, truth)
    loss.backward()
    assert not scores.grad.moveaxis(1, -1)[~known].any()
    assert scores.grad.moveaxis(1, -1)[known].all()
    rows, classes = scores.detach().moveaxis(1, -1)[known], truth[known]
    each = -rows.log_softmax(1)[range(len(classes)), classes]
    assert torch.allclose(loss, (each * weights[classes]).sum() / weights[classes].sum())
    assert right == pytest.approx(float((rows.argmax(1) == classes).float().mean()))


def test_foreground_is_cross_entropy_and_dice():
    logits, truth = _random(2, 1, 4, 5), torch.randint(0, 2, (2, 4, 5), generator=_seeded(1))
    loss, right = _task(Foreground).loss(_AsGiven(), logits, truth)
    chance = torch.sigmoid(logits[:, 0])
    entropy = -torch.where(truth > 0, chance, 1 - chance).log().mean()
    dice = (2 * (chance * truth).sum() + 1) / (chance.sum() + truth.sum() + 1)
    assert torch.allclose(loss, entropy + 1 - dice)
    assert right == ((chance > 0.5) == (truth > 0)).float().mean()
    perfect, _ = _task(Foreground).loss(_AsGiven(), (truth * 2.0 - 1)[:, None] * 50, truth)
    assert perfect == pytest.approx(0, abs=1e-6)


def test_jitter_moves_pictures_and_keeps_their_shape():
    images = _random(8, 1, 8, 8)
    moved = jitter(images, _seeded(0))
    assert moved.shape == images.shape and not torch.allclose(moved, images)
    assert images.min() - 1e-5 <= moved.min() and moved.max() <= images.max() + 1e-5
    assert torch.allclose(jitter(images, _seeded(0), degrees=0, shift=0, zoom=0), images, atol=1e-5)


def _numbered(count, height, width):
    """Pictures whose pixels are all different, and maps that say the same."""
    maps = torch.arange(count * height * width).reshape(count, height, width)
    return maps[:, None].float().repeat(1, 2, 1, 1), maps


@given(seed=SEEDS)
@QUICK
def test_flip_mirrors_some_pictures_and_their_maps(seed):
    images, maps = _numbered(6, 3, 5)
    first, first_maps = images.clone(), maps.clone()
    result = flip(images, _seeded(seed), maps)
    assert torch.equal(result[:, 0], maps.float()) and torch.equal(result[:, 1], maps.float())
    for picture, before in zip(maps, first_maps, strict=True):
        assert torch.equal(picture, before) or torch.equal(picture, before.flip(-1))
    assert torch.equal(flip(first, _seeded(seed)), result), "the same ones without maps"


def test_half_of_the_pictures_are_mirrored():
    images, _ = _numbered(1000, 1, 2)
    mirrored = (flip(images.clone(), _seeded(0)) != images)[:, 0, 0, 0].sum()
    assert 440 < mirrored < 560


@given(seed=SEEDS, most=st.integers(1, 3))
@QUICK
def test_shift_cuts_a_window_out_of_the_mirrored_border(seed, most):
    images, _ = _numbered(4, 5, 6)
    moved = shift(images, _seeded(seed), most)
    windows = functional.pad(images, (most,) * 4, mode="reflect").unfold(2, 5, 1).unfold(3, 6, 1)
    for picture, choices in zip(moved, windows, strict=True):
        assert (choices.permute(1, 2, 0, 3, 4) == picture).flatten(2).all(-1).any()


@given(seed=SEEDS)
@QUICK
def test_turn_takes_the_maps_along(seed):
    images, maps = _numbered(3, 4, 4)
    turned, turned_maps = turn(images, maps, _seeded(seed))
    assert torch.equal(turned[:, 1], turned_maps.float())
    assert any(torch.equal(turned_maps, maps.rot90(quarters, (-2, -1))) for quarters in range(4))


def test_all_four_turns_happen():
    images, maps = _numbered(1, 2, 2)
    assert {tuple(turn(images, maps, _seeded(seed))[1].flatten().tolist()) for seed in range(40)} == {
        *((0, 1, 2, 3), (1, 3, 0, 2), (3, 2, 1, 0), (2, 0, 3, 1)),
    }


@given(seed=SEEDS, size=st.tuples(st.integers(8, 70), st.integers(8, 70)), largest=st.floats(1, 2))
@QUICK
def test_zoom_crop_takes_the_maps_along(seed, size, largest):
    """A square of class 1 is white in the picture; at its edge the two may differ by a pixel."""
    maps = torch.zeros(2, 40, 48, dtype=torch.int64)
    maps[:, 10:30, 12:36] = 1
    pictures, truths = zoom_crop(1 + maps[:, None].float(), maps, size, _seeded(seed), largest)
    assert pictures.shape == (2, 1, *size) and truths.shape == (2, *size)
    outside = truths == IGNORE
    assert not pictures[:, 0][outside].any() and (pictures[:, 0][~outside] > 0.99).all()
    assert set(truths.unique().tolist()) <= {0, 1, IGNORE}
    sure = (pictures[:, 0] < 1.01) | (pictures[:, 0] > 1.99)
    inner = -functional.max_pool2d(-sure.float(), 3, stride=1, padding=1) > 0
    assert torch.equal((truths == 1)[inner], (pictures[:, 0] > 1.5)[inner])
    if all(40 * largest < want for want in size):
        assert outside.any()
