import numpy as np
import pytest

from haybale.scaling.smoothing import smoothed


def test_a_line_in_log_tokens_stays_as_it_is_up_to_its_ends():
    tokens = np.linspace(1e9, 50e9, 40)
    losses = 10 - 0.3 * np.log(tokens)
    assert smoothed(tokens, losses) == pytest.approx(losses, rel=1e-9)


def test_noise_is_averaged_away():
    # Gaussian weights w over offsets -5 ... 5 with a deviation of 2.5: the sum of w^2 over the
    # square of the sum of w is 1 / (2 sqrt(pi) 2.5) = 0.113: a third of the deviation is left.
    tokens = np.geomspace(1e9, 2e9, 4000)
    noise = np.random.default_rng(0).normal(size=4000)
    assert smoothed(tokens, noise).std() == pytest.approx(0.336, abs=0.03)


@pytest.mark.parametrize("num_points", [1, 2])
def test_too_few_points_are_left_alone(num_points):
    losses = np.arange(1.0, num_points + 1)
    assert smoothed(np.arange(1.0, num_points + 1), losses).tolist() == losses.tolist()


@pytest.mark.parametrize("num_points", [3, 5, 6])
def test_short_curves_are_smoothed_too(num_points):
    tokens = np.geomspace(1e9, 2e9, num_points)
    losses = 10 - 0.3 * np.log(tokens)
    assert smoothed(tokens, losses) == pytest.approx(losses, rel=1e-9)
