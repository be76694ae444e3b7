import numpy as np
import pytest

from haybale.scaling.power_law import fit_power_law
from haybale.scaling.runs import RunsError


def test_a_power_law_is_found():
    flops = np.array([1e18, 1e19, 1e21])
    frontier = fit_power_law(flops, 0.3 * flops**0.49)
    assert frontier.exponent == pytest.approx(0.49)
    assert frontier.coefficient == pytest.approx(0.3)


@pytest.mark.parametrize("exponent", [-0.1, 1.1])
def test_a_frontier_on_which_size_or_tokens_fall_is_refused(exponent):
    flops = np.array([1e18, 1e20])
    with pytest.raises(RunsError, match="between 0 and 1"):
        fit_power_law(flops, flops**exponent)
