"""Metrics give what their formulas say, what scikit-learn says, and the same in batches as at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import confusion_matrix, jaccard_score, roc_auc_score
from tilewright.compile.errors import TilewrightError
from tilewright.compile.evaluating.metrics import create
from tilewright.compile.processing import IGNORE

QUICK = settings(deadline=None, max_examples=60)
SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 5))
FEW_SCORES = st.integers(0, 6).map(lambda number: number / 6)  # few, so that many tie


@st.composite
def maps(draw, answers, answer_type, classes):
    """Answers and truths of one shape; some pixels of the truth do not count."""
    shape = draw(SHAPES)
    truth = st.sampled_from([*range(classes), IGNORE])
    return (
        draw(arrays.arrays(answer_type, shape, elements=answers)),
        draw(arrays.arrays(np.uint8, shape, elements=truth)),
    )


def foregrounds():
    return maps(FEW_SCORES, np.float64, 2)


def segments():
    return maps(st.integers(0, 4), np.uint8, 5)


def score(name, answers, truths, size=None):
    metric = create(name)
    for start in range(0, len(truths), size or len(truths)):
        stop = start + (size or len(truths))
        metric.add(answers[start:stop], truths[start:stop])
    return metric.score()


@pytest.mark.parametrize("name", ["top1", "exact_plate"])
def test_exact_counts_answers_that_are_their_truth(name):
    found = score(name, ["7", "a", "", "皖A12345"], ["7", "A", "-", "皖A12345"])
    assert (found.value, found.counts, found.classes) == (0.5, {"right": 2, "all": 4}, {})


def test_answers_and_truths_must_be_as_many():
    for name, one, two in [("top1", ["a"], ["a", "b"]), ("dice", np.zeros((1, 2, 2)), np.zeros((2, 2, 2)))]:
        with pytest.raises(ValueError, match="zip"):
            create(name).add(one, two)


@pytest.mark.parametrize(("name", "value"), [("top1", 0), ("dice", 0), ("miou", 0), ("roc_auc", 0.5)])
def test_nothing_added(name, value):
    found = create(name).score()
    assert found.value == value and not any(found.counts.values())


@pytest.mark.parametrize(
    ("answer", "truth", "value"),
    [
        ([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 0], 1),
        ([0.9, 0.9, 0.1, 0.1], [0, 0, 1, 1], 0),
        ([0.9, 0.9, 0.1, 0.1], [1, 0, 1, 0], 0.5),
        ([0.9, 0.9, 0.9, 0.1], [1, 0, 0, 0], 0.5),
        ([0.9, 0.1, 0.1, 0.1], [1, 1, 1, 1], 0.4),
        ([0.5, 0.1, 0.2, 0.3], [0, 0, 0, 0], 1),  # one half is not over one half; both are empty
        ([0.9, 0.1, 0.1, 0.1], [0, 0, 0, 0], 0),
        ([0.9, 0.9, 0.1, 0.9], [1, IGNORE, IGNORE, IGNORE], 1),
        ([0.9, 0.9, 0.9, 0.9], [IGNORE] * 4, 1),
    ],
)
def test_known_values_of_dice(answer, truth, value):
    assert score("dice", np.array(answer).reshape(1, 2, 2), np.array(truth, np.uint8).reshape(1, 2, 2)).value == value


@given(foregrounds())
@QUICK
def test_dice_is_the_mean_over_pictures_of_its_formula(both):
    values = []
    for answer, truth in zip(*both, strict=True):
        ours = {index for index in np.ndindex(truth.shape) if answer[index] > 0.5 and truth[index] != IGNORE}
        theirs = {index for index in np.ndindex(truth.shape) if truth[index] == 1}
        values.append(2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours or theirs else 1)
    assert score("dice", *both).value == pytest.approx(sum(values) / len(values))


@given(foregrounds())
@QUICK
def test_roc_auc_is_scikit_learns(both):
    answers, truths = both
    known = truths != IGNORE
    found = score("roc_auc", answers, truths)
    kinds = {"foreground_pixels": int((truths == 1).sum()), "background_pixels": int((truths == 0).sum())}
    assert found.counts == kinds
    expected = roc_auc_score(truths[known], answers[known]) if all(kinds.values()) else 0.5
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_roc_auc_of_a_million_pixels():
    random = np.random.default_rng(0)
    truths = (random.random((1, 1000, 1000)) < 0.1).astype(np.uint8)
    answers = (random.random(truths.shape) + 0.3 * truths).astype(np.float32)
    assert score("roc_auc", answers, truths).value == pytest.approx(roc_auc_score(truths.ravel(), answers.ravel()))


@given(segments())
@QUICK
def test_mean_iou_is_scikit_learns(both):
    answers, truths = both
    known = truths != IGNORE
    answer, truth = answers[known], truths[known]
    found = score("miou", answers, truths)
    assert found.counts == {"pixels": truth.size, "right_pixels": int((answer == truth).sum())}
    if truth.size:
        labels = np.union1d(answer, truth)
        values = jaccard_score(truth, answer, labels=labels, average=None, zero_division=0)
        matrix = confusion_matrix(truth, answer, labels=range(5))
        assert list(found.classes.values()) == pytest.approx(list(values))
        assert found.value == pytest.approx(jaccard_score(truth, answer, labels=labels, average="macro"))
        assert found.counts["right_pixels"] == np.trace(matrix)


def test_classes_have_their_names():
    metric = create("miou", ["sky", "road"])
    metric.add(np.array([[[0, 1, 2]]], np.uint8), np.array([[[0, 0, 2]]], np.uint8))
    assert metric.score().classes == {"sky": 0.5, "road": 0, "2": 1}
    assert metric.score().value == 0.5


@pytest.mark.parametrize("name", ["dice", "roc_auc", "miou"])
@given(st.data())
@QUICK
def test_batches_add_up(name, data):
    both = data.draw(segments() if name == "miou" else foregrounds())
    whole, parts = score(name, *both), score(name, *both, size=2)
    assert parts.value == pytest.approx(whole.value) and parts.counts == whole.counts
    assert parts.classes == whole.classes


def test_an_unknown_metric():
    with pytest.raises(TilewrightError, match="unknown metric 'mIou': did you mean miou"):
        create("mIou")
