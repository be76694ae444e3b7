import pytest

from haybale.scaling.kaplan import KAPLAN, KAPLAN_LOSS, KaplanLoss
from haybale.scaling.laws import GOPHER_FLOPS, HOFFMANN_1


def test_ten_times_the_compute_goes_mostly_into_size():
    # 10^0.73 = 5.37 and 10^0.27 = 1.86; Hoffmann et al. 2022, section 1, say 5.5 and 1.8.
    assert KAPLAN.parameters(1e22) / KAPLAN.parameters(1e21) == pytest.approx(5.37, abs=0.005)
    assert KAPLAN.tokens(1e22) / KAPLAN.tokens(1e21) == pytest.approx(1.86, abs=0.005)
    # Equal scaling: 10^0.5 = 3.16 each.
    assert HOFFMANN_1.parameters(1e22) / HOFFMANN_1.parameters(1e21) == pytest.approx(
        3.16, abs=0.005
    )


def test_gophers_budget_would_have_bought_a_far_larger_model():
    # 4.68e9 x (5.76e23 / 1e21)^0.73 = 4.68e9 x 103.5 = 4.85e11.
    assert KAPLAN.parameters(GOPHER_FLOPS) == pytest.approx(4.85e11, rel=0.001)


def test_the_joint_loss_is_that_of_its_formula():
    # ((16 / 1)^(0.5 / 1) + 6 / 2)^1 = 4 + 3; with beta 0.5: ((16)^(0.25 / 0.5) + 12 / 1)^0.5 = 4.
    assert KaplanLoss(16, 6, alpha=0.5, beta=1.0).loss(1, 2) == pytest.approx(7)
    assert KaplanLoss(16, 12, alpha=0.25, beta=0.5).loss(1, 1) == pytest.approx(4)


def test_with_all_the_tokens_there_are_the_joint_loss_is_a_power_law_of_size():
    # (6.4e13 / 1e9)^0.076 = 64000^0.076 = exp(0.076 x 11.0666) = 2.3188.
    assert KAPLAN_LOSS.loss(1e9, 1e40) == pytest.approx(2.3188, abs=1e-4)
