import math

import pytest

from haybale.scaling.budget import Allocation, Budget, BudgetError
from haybale.scaling.laws import HOFFMANN_1, ComputeFrontier

# 20 tokens per parameter at every size: N = sqrt(C / 120).
TWENTY = ComputeFrontier.through(1e9, 6 * 1e9 * 20e9, exponent=0.5)


@pytest.mark.parametrize(
    ("quantity", "amount"), [("flops", 1.2e20), ("params", 1e9), ("tokens", 20e9)]
)
def test_whichever_quantity_is_given_the_frontier_tells_the_others(quantity, amount):
    found = Budget(quantity, amount).spend(TWENTY)
    assert (found.params, found.tokens) == (pytest.approx(1e9), pytest.approx(20e9))
    assert found.flops == pytest.approx(1.2e20)
    assert found.tokens_per_parameter == pytest.approx(20)


def test_a_tenfold_budget_grows_model_and_data_alike():
    # Equal scaling: the square root of 10 each.
    small, large = (Budget("flops", flops).spend(HOFFMANN_1) for flops in (1e21, 1e22))
    assert large.params / small.params == pytest.approx(math.sqrt(10))
    assert large.tokens / small.tokens == pytest.approx(math.sqrt(10))


def test_chinchilla_took_588_zettaflops():
    # 6 x 70e9 x 1.4e12.
    assert Allocation(70e9, 1.4e12).flops == pytest.approx(5.88e23)


@pytest.mark.parametrize("amount", [0.0, -1.0, math.nan, math.inf, 1e41])
def test_amounts_that_are_no_budget_are_refused(amount):
    with pytest.raises(BudgetError, match="flops: expected a number from 1 to 1e\\+40, found"):
        Budget("flops", amount)
