import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.scaling.laws import GOPHER_FLOPS, effective_tokens
from haybale.scaling.repetition import MUENNIGHOFF

amounts = st.floats(1e8, 1e13)


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "published"),
    [(6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867)],
)
def test_the_law_gives_the_losses_that_the_authors_print(num_parameters, num_tokens, published):
    # Muennighoff et al. 2023, notebook of huggingface/datablations: 25 billion unique tokens.
    assert MUENNIGHOFF.loss(num_parameters, num_tokens, 25e9) == pytest.approx(published, rel=1e-12)


def test_tokens_read_once_have_the_best_model_that_the_fit_to_c4_says():
    # 69.96 billion parameters on 1.372 trillion tokens at Gopher's budget.
    frontier = MUENNIGHOFF.once.frontier
    assert frontier.parameters(GOPHER_FLOPS) == pytest.approx(69.96e9, abs=5e6)
    assert frontier.tokens(GOPHER_FLOPS) == pytest.approx(1.372e12, abs=5e8)


@given(amounts, amounts, amounts, st.floats(1.01, 10))
def test_more_unique_tokens_never_hurt(num_parameters, num_tokens, unique, factor):
    less = MUENNIGHOFF.loss(num_parameters, num_tokens, unique)
    assert MUENNIGHOFF.loss(num_parameters, num_tokens, unique * factor) <= less * (1 + 1e-12)


@given(amounts, amounts, amounts, st.floats(1.01, 10))
def test_more_repeats_never_hurt(num_parameters, num_tokens, unique, factor):
    less = MUENNIGHOFF.loss(num_parameters, num_tokens, unique)
    assert MUENNIGHOFF.loss(num_parameters, num_tokens * factor, unique) <= less * (1 + 1e-12)


def test_repeated_tokens_are_worse_than_fresh_ones_and_better_than_none():
    fresh = MUENNIGHOFF.loss(1e9, 100e9, 100e9)
    repeated = MUENNIGHOFF.loss(1e9, 100e9, 25e9)
    assert fresh < repeated < MUENNIGHOFF.loss(1e9, 25e9, 25e9)


def test_tokens_that_never_wear_off_are_fresh():
    for_ever = dataclasses.replace(MUENNIGHOFF, token_decay=1e9, parameter_decay=1e9)
    assert for_ever.loss(1e9, 100e9, 25e9) == pytest.approx(MUENNIGHOFF.once.loss(1e9, 100e9))


def test_unique_tokens_that_are_not_read_do_not_count():
    assert MUENNIGHOFF.loss(1e10, 20e9, 500e9) == MUENNIGHOFF.loss(1e10, 20e9, 20e9)


def test_four_epochs_cost_about_half_a_per_cent():
    # Muennighoff et al. 2023, section 6: 8.7 billion parameters on 178 billion tokens, 44 billion
    # of them unique, end 0.5 % above as many fresh ones. The law says 0.7, without the wear of
    # parameters 0.2.
    fresh, repeated = (MUENNIGHOFF.loss(8.67e9, 178e9, unique) for unique in (178e9, 44e9))
    assert repeated / fresh - 1 == pytest.approx(0.005, abs=0.0025)


def test_a_mixture_of_one_part_is_the_paper_s_law():
    # 25 billion unique tokens, 242 billion read: 9.68 epochs.
    worth = effective_tokens(25e9, 242e9)
    assert MUENNIGHOFF.loss_of_mixture(6.34e9, 25e9, worth) == MUENNIGHOFF.loss(6.34e9, 242e9, 25e9)
