"""Choosing a recipe by trying many."""

import pytest
from tilewright.compile.quantizing.compare import Trial, compare_recipes, recipes_to_try
from tilewright.compile.quantizing.ranges import METHODS
from tilewright.compile.quantizing.recipe import Recipe
from tilewright.models import data


def test_every_method_is_tried_with_every_option_and_the_rest_stays():
    tried = list(recipes_to_try(Recipe(weight_bits=7, keep=("Gemm",))))
    assert len(set(tried)) == len(tried) == 4 * len(METHODS)
    assert all((one.weight_bits, one.keep) == (7, ("Gemm",)) for one in tried)


def test_accuracy_counts_first_then_answers_then_noise():
    best = Trial(Recipe(), 0.9, 3, 20.0)
    for worse in (Trial(Recipe(), 0.8, 0, 40.0), Trial(Recipe(), 0.9, 4, 40.0), Trial(Recipe(), 0.9, 3, 19.0)):
        assert best.merit > worse.merit


def test_a_recipe_that_clips_most_values_is_last():
    if not data.available("mnist"):
        pytest.skip("data set mnist is not on this machine (TILEWRIGHT_DATA)")
    recipes = [Recipe("min-max", per_channel=False), Recipe("mse"), Recipe("mse", equalize=True)]
    found = compare_recipes("lenet5", recipes, limit=50)
    assert found.data == "mnist/calibration" and found.fp32 == 1.0
    assert {one.recipe for one in found.trials} == set(recipes) and found.trials[-1].recipe == recipes[0]
    assert [one.snr_db for one in found.trials] == sorted((one.snr_db for one in found.trials), reverse=True)
    assert all((one.accuracy, one.flipped) == (1.0, 0) for one in found.trials)
