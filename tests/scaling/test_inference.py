from itertools import pairwise

import numpy as np
import pytest

from haybale.scaling.budget import Allocation, Budget
from haybale.scaling.inference import Lifetime, cheapest_over_life
from haybale.scaling.laws import BESIROGLU, HOFFMANN_3, ParametricLoss

# The constants of Sardana et al. 2024 (arXiv 2401.00448), section 2.
SARDANA = ParametricLoss(1.69, 406.4, 410.7, alpha=0.336, beta=0.283)
LAWS = [HOFFMANN_3, BESIROGLU, SARDANA]


def served(law, num_parameters, inference_tokens):
    """The optimum of a size, the cheapest model as good, and both with what they serve."""
    optimum = Budget("params", num_parameters).spend(law.frontier)
    found = cheapest_over_life(law, optimum, inference_tokens)
    lives = Lifetime(optimum, inference_tokens), Lifetime(found, inference_tokens)
    return optimum, found, *(life.flops for life in lives)


def test_a_model_as_good_as_13_billion_is_one_of_7_if_it_serves_2_trillion_tokens():
    # Sardana et al. 2024, figure 1: 7 billion parameters, 1.7e22 FLOPs fewer, 17 %.
    _, found, before, after = served(SARDANA, 13e9, 2e12)
    assert found.params == pytest.approx(7e9, abs=0.05e9)
    assert before - after == pytest.approx(1.7e22, abs=0.05e22)
    assert 1 - after / before == pytest.approx(0.17, abs=0.005)


def test_a_model_as_good_as_30_billion_is_one_of_13_6_if_it_serves_10_trillion_tokens():
    # Sardana et al. 2024, section 2: 13.6 billion on 2.84 times the data, 28 % fewer FLOPs.
    optimum, found, before, after = served(SARDANA, 30e9, 1e13)
    assert found.params == pytest.approx(13.6e9, abs=0.05e9)
    assert found.tokens / optimum.tokens == pytest.approx(2.84, abs=0.01)
    assert 1 - after / before == pytest.approx(0.28, abs=0.005)


@pytest.mark.parametrize("law", LAWS)
def test_without_inference_the_model_is_chinchillas(law):
    optimum, found, *_ = served(law, 5e9, 0.0)
    assert found.params == pytest.approx(optimum.params, rel=1e-12)
    assert found.tokens == pytest.approx(optimum.tokens, rel=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_the_more_is_served_the_smaller_the_model_and_the_longer_its_training(law):
    found = [served(law, 5e9, tokens)[1] for tokens in (0, 1e9, 1e11, 1e12, 1e13, 1e15)]
    assert all(one.params > other.params for one, other in pairwise(found))
    assert all(one.tokens < other.tokens for one, other in pairwise(found))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("inference_tokens", [1e10, 1e12, 1e14])
def test_no_other_model_that_is_as_good_costs_less(law, inference_tokens):
    optimum, found, _, cost = served(law, 5e9, inference_tokens)
    loss = law.loss(optimum.params, optimum.tokens)
    assert law.loss(found.params, found.tokens) == pytest.approx(loss, rel=1e-12)
    for params in found.params * np.array([0.7, 0.9, 0.99, 1.01, 1.1, 1.5]):
        lacking = loss - law.irreducible - law.parameter_scale / params**law.alpha
        if lacking > 0:
            tokens = (law.token_scale / lacking) ** (1 / law.beta)
            assert Lifetime(Allocation(params, tokens), inference_tokens).flops > cost
