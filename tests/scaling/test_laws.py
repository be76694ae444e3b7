import math

import numpy as np
import pytest

from haybale.scaling.laws import (
    BESIROGLU,
    GOPHER_FLOPS,
    HOFFMANN_1,
    HOFFMANN_2,
    HOFFMANN_3,
    HOFFMANN_3_ROUNDED,
    REPETITION_DECAY,
    ComputeFrontier,
    ParametricLoss,
    effective_tokens,
)

# Hoffmann et al. 2022 (arXiv 2203.15556): parameters, FLOPs and tokens of table 3 (approach 1) and
# table A3 (approaches 2 and 3). The 1.26e24 of table A3 for 175 billion parameters is a misprint:
# 6 x 175e9 x 12.0e12 = 1.26e25.
TABLES = {
    "approach 1": [
        (400e6, 1.92e19, 8.0e9),
        (1e9, 1.21e20, 20.2e9),
        (10e9, 1.23e22, 205.1e9),
        (67e9, 5.76e23, 1.5e12),
        (175e9, 3.85e24, 3.7e12),
        (280e9, 9.90e24, 5.9e12),
        (520e9, 3.43e25, 11.0e12),
        (1e12, 1.27e26, 21.2e12),
        (10e12, 1.30e28, 216.2e12),
    ],
    "approach 2": [
        (400e6, 1.84e19, 7.7e9),
        (1e9, 1.20e20, 20.0e9),
        (10e9, 1.32e22, 219.5e9),
        (67e9, 6.88e23, 1.7e12),
        (175e9, 4.54e24, 4.3e12),
        (280e9, 1.18e25, 7.1e12),
        (520e9, 4.19e25, 13.4e12),
        (1e12, 1.59e26, 26.5e12),
        (10e12, 1.75e28, 292.0e12),
    ],
    "approach 3": [
        (400e6, 2.21e19, 9.2e9),
        (1e9, 1.62e20, 27.1e9),
        (10e9, 2.46e22, 410.1e9),
        (67e9, 1.71e24, 4.1e12),
        (175e9, 1.26e25, 12.0e12),
        (280e9, 3.52e25, 20.1e12),
        (520e9, 1.36e26, 43.5e12),
        (1e12, 5.65e26, 94.1e12),
        (10e12, 8.55e28, 1425.5e12),
    ],
}
# Table and frontier, and how far a row may be off: exponents are printed to two digits, and over
# the nine decades of the table 0.005 of an exponent are 0.005 x ln(1e9) / 2 = 5 % either way.
# Table A3 has a slope of 0.459 for approach 3, its constants before rounding one of 0.4565.
FRONTIERS = [
    ("approach 1", HOFFMANN_1, 0.04),
    ("approach 2", HOFFMANN_2, 0.03),
    ("approach 3", HOFFMANN_3.frontier, 0.08),
]


@pytest.mark.parametrize(("table", "frontier", "tolerance"), FRONTIERS)
def test_a_budget_gives_the_model_size_of_the_published_table(table, frontier, tolerance):
    for num_parameters, flops, _ in TABLES[table]:
        assert frontier.parameters(flops) == pytest.approx(num_parameters, rel=tolerance)


@pytest.mark.parametrize(("table", "frontier", "tolerance"), FRONTIERS)
def test_a_budget_gives_the_tokens_of_the_published_table(table, frontier, tolerance):
    # Tokens are printed to 0.1 trillion, and 6ND is up to 5 % off the printed FLOPs.
    for _, flops, num_tokens in TABLES[table]:
        assert frontier.tokens(flops) == pytest.approx(num_tokens, rel=tolerance + 0.05)


@pytest.mark.parametrize(("table", "frontier", "tolerance"), FRONTIERS)
def test_tokens_give_the_model_size_of_the_published_table(table, frontier, tolerance):
    # N goes with D^(a / (1 - a)), nearly as D itself: about as far off as the tokens are.
    for num_parameters, _, num_tokens in TABLES[table]:
        found = frontier.parameters_for(num_tokens)
        assert found == pytest.approx(num_parameters, rel=tolerance + 0.06)


def test_the_approaches_differ_as_published_at_gophers_budget():
    # 67, 63 and 40 billion parameters (table 2 and figure 4); the last needs unrounded constants.
    assert HOFFMANN_1.parameters(GOPHER_FLOPS) == pytest.approx(67e9)
    assert HOFFMANN_2.parameters(GOPHER_FLOPS) == pytest.approx(63e9)
    assert HOFFMANN_3.frontier.parameters(GOPHER_FLOPS) == pytest.approx(40e9, abs=0.5e9)


def test_the_loss_fitted_anew_scales_as_chinchilla_was_trained():
    # Besiroglu et al. 2024: a = 0.3658 / (0.3478 + 0.3658) = 0.513, about 20 tokens per parameter.
    frontier = BESIROGLU.frontier
    assert frontier.exponent == pytest.approx(0.513, abs=0.0005)
    rate = frontier.tokens(GOPHER_FLOPS) / frontier.parameters(GOPHER_FLOPS)
    assert rate == pytest.approx(20, rel=0.1)


def test_the_constants_before_rounding_round_to_the_printed_ones():
    # L = 1.69 + 406.4 / N^0.34 + 410.7 / D^0.28 (equation 10).
    law = HOFFMANN_3
    assert round(law.irreducible, 2) == 1.69
    assert round(law.parameter_scale, 1) == 406.4
    assert round(law.token_scale, 1) == 410.7
    assert (round(law.alpha, 2), round(law.beta, 2)) == (0.34, 0.28)


def test_the_printed_constants_lead_to_another_model():
    # a = 0.28 / 0.62 = 0.4516; G = (0.34 x 406.4 / (0.28 x 410.7))^(1 / 0.62) = 1.3447; N = G x
    # 9.6e22^0.4516 = 32.2 billion, and 5.76e23 / 6 / 32.2e9 = 2.98 trillion tokens.
    frontier = HOFFMANN_3_ROUNDED.frontier
    assert frontier.parameters(GOPHER_FLOPS) == pytest.approx(32.2e9, abs=0.05e9)
    assert frontier.tokens(GOPHER_FLOPS) == pytest.approx(2.98e12, abs=0.005e12)


@pytest.mark.parametrize(
    ("frontier", "published"),
    [(HOFFMANN_1, 0.50), (HOFFMANN_2, 0.49), (HOFFMANN_3.frontier, 0.46)],
)
def test_exponents_are_those_of_table_2(frontier, published):
    assert round(frontier.exponent, 2) == published


@pytest.mark.parametrize("law", [HOFFMANN_3, BESIROGLU])
def test_no_other_split_of_a_budget_has_less_loss_than_the_frontier(law):
    best = law.frontier.parameters(1e21)
    losses = [law.loss(n, 1e21 / 6 / n) for n in best * np.linspace(0.5, 2.0, 301)]
    # 0.5 + 100 x 0.005 = 1.0: the frontier's own is place 100.
    assert int(np.argmin(losses)) == 100


def test_a_loss_is_the_sum_of_its_three_terms():
    # 2 + 30 / 100^0.5 + 40 / 16^0.25 = 2 + 3 + 20.
    assert ParametricLoss(2.0, 30.0, 40.0, 0.5, 0.25).loss(100, 16) == pytest.approx(25.0)


@pytest.mark.parametrize("frontier", [HOFFMANN_1, HOFFMANN_2, BESIROGLU.frontier])
def test_tokens_for_a_model_undo_the_model_for_tokens_on_the_same_budget(frontier):
    num_parameters = frontier.parameters_for(1.4e12)
    assert frontier.tokens_for(num_parameters) == pytest.approx(1.4e12)
    assert frontier.parameters(6 * num_parameters * 1.4e12) == pytest.approx(num_parameters)


def test_a_frontier_of_equal_scaling_keeps_its_tokens_per_parameter():
    # Through 70e9 parameters at 6 x 70e9 x 1.4e12 FLOPs: 20 tokens per parameter at any size.
    frontier = ComputeFrontier.through(70e9, 6 * 70e9 * 1.4e12, exponent=0.5)
    assert frontier.parameters_for(20e9) == pytest.approx(1e9)
    assert frontier.tokens_for(5e9) == pytest.approx(100e9)


def test_tokens_read_once_are_worth_themselves():
    assert effective_tokens(100, 60) == 60
    assert effective_tokens(100, 100) == 100


def test_repeats_decay_as_in_the_example_of_the_paper():
    # Appendix A: five epochs over U = 1 with R* = 3: 1 + 3 (1 - exp(-4 / 3)) = 3.21.
    assert effective_tokens(1, 5, decay=3) == pytest.approx(3.21, abs=0.005)


def test_as_many_repeats_as_the_decay_are_worth_a_part_in_e_less():
    # Section 3.1: they are worth 1 - 1 / e of as many fresh tokens.
    worth = effective_tokens(1, 1 + REPETITION_DECAY) - 1
    assert worth == pytest.approx(REPETITION_DECAY * (1 - 1 / math.e))


def test_four_epochs_are_worth_nearly_as_much_as_fresh_data():
    # 1 + 15.387756 (1 - exp(-3 / 15.387756)) = 3.7257, of 4: 93.1 %.
    assert effective_tokens(25e9, 100e9) / 100e9 == pytest.approx(0.931, abs=0.0005)


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "published"),
    [(6.34e9, 242e9, 2.2256440889984477), (8.67e9, 178e9, 2.2269634075087867)],
)
def test_effective_tokens_give_the_losses_that_the_authors_print(
    num_parameters, num_tokens, published
):
    # The notebook of Muennighoff et al. for 25 billion unique tokens, with their fit to C4: alpha =
    # beta, so U_N = U G^2, G = (A / B)^(1 / (2 alpha)); parameters beyond U_N decay likewise.
    log_a, log_b, log_e, alpha, unique = 6.255414, 7.3049974, 0.6254804, 0.3526596, 25e9
    enough = unique * math.exp((log_a - log_b) / alpha)
    parameters = effective_tokens(enough, num_parameters, decay=5.309743)
    tokens = effective_tokens(unique, num_tokens)
    law = ParametricLoss(math.exp(log_e), math.exp(log_a), math.exp(log_b), alpha, alpha)
    assert law.loss(parameters, tokens) == pytest.approx(published, rel=1e-12)
