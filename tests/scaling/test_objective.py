import numpy as np
import planted_runs
import pytest
from scipy.optimize import check_grad

from haybale.scaling.laws import HOFFMANN_3
from haybale.scaling.objective import Objective
from haybale.scaling.runs import Runs


def test_the_sum_is_of_huber_losses_of_log_losses():
    # With A and B next to nothing and E = 1 the law says log loss 0. Log losses of 0.0005 and 0.01
    # are off by so much: 0.0005^2 / 2 = 1.25e-7, and 0.001 x (0.01 - 0.001 / 2) = 9.5e-6.
    runs = Runs.of([1e8, 2e8], [1e9, 2e9], np.exp([0.0005, 0.01]))
    objective = Objective(runs)
    value, _ = objective.value(objective.centred(np.array([-60.0, -60.0, 0.0, 0.3, 0.3])))
    assert value == pytest.approx(9.625e-6)


def test_a_run_given_twice_counts_twice():
    runs = planted_runs.scattered(HOFFMANN_3, 0.01, 0, num_runs=20)
    point = np.array([5.0, 6.0, 0.5, 0.3, 0.3])
    once = Objective(runs)
    twice = Objective(runs.take(np.repeat(np.arange(20), 2)))
    assert twice.value(twice.centred(point))[0] == pytest.approx(
        2 * once.value(once.centred(point))[0]
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_that_of_the_sum(seed):
    objective = Objective(planted_runs.scattered(HOFFMANN_3, 0.01, seed, num_runs=30))
    rng = np.random.default_rng(seed)
    point = objective.centred(np.array([6.0, 6.0, 0.5, 0.33, 0.29]) + 0.05 * rng.normal(size=5))
    gradient = objective.value(point)[1]
    error = check_grad(
        lambda at: objective.value(at)[0], lambda at: objective.value(at)[1], point, epsilon=1e-9
    )
    assert error < 1e-4 * np.linalg.norm(gradient)


def test_centring_can_be_undone():
    objective = Objective(planted_runs.scattered(HOFFMANN_3, 0.01, 0, num_runs=10))
    constants = np.array([6.0, 5.0, 0.5, 0.33, 0.29])
    assert objective.uncentred(objective.centred(constants)) == pytest.approx(constants)


@pytest.mark.parametrize("seed", range(3))
def test_the_optimiser_does_not_stop_before_the_bottom(seed):
    objective = Objective(planted_runs.scattered(HOFFMANN_3, 0.005, seed))
    least, best = objective.minimised(objective.centred(np.array([5.0, 10.0, 0.5, 0.5, 0.5])))
    # At the bottom no gain is left: from there on, and from a little aside, the sum stays the same.
    for aside in (0, 1e-3, -1e-3):
        again, _ = objective.minimised(best + aside)
        assert again == pytest.approx(least, rel=1e-9)
