import numpy as np
import pytest

from haybale.scaling.bootstrap import bootstrap
from haybale.scaling.runs import RunsError


def mean_of(sample):
    def fit(rng):
        return {"mean": rng.choice(sample, size=len(sample)).mean()}

    return fit


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    # 400 of deviation 1: standard error 1 / 20; 95 % within 1.96 of it, 80 % within 1.2816.
    sample = np.random.default_rng(1).normal(size=400)
    sample = (sample - sample.mean()) / sample.std()
    found = bootstrap(mean_of(sample), 4000, seed=0).intervals["mean"]
    assert (found.low_95, found.high_95) == pytest.approx((-0.098, 0.098), abs=0.006)
    assert (found.low_80, found.high_80) == pytest.approx((-0.0641, 0.0641), abs=0.004)


def test_a_seed_gives_the_same_intervals_and_another_gives_others():
    fit = mean_of(np.arange(50.0))
    assert bootstrap(fit, 50, seed=3) == bootstrap(fit, 50, seed=3)
    assert bootstrap(fit, 50, seed=3) != bootstrap(fit, 50, seed=4)


def test_draws_that_fail_are_counted_and_left_out():
    calls = iter(range(10))

    def fit(_rng):
        if next(calls) % 2:
            raise RunsError("no law")
        return {"a": 1.0}

    found = bootstrap(fit, 10, seed=0)
    assert (found.num_draws, found.num_failed) == (10, 5)
    assert found.intervals["a"].low_95 == found.intervals["a"].high_95 == 1.0


def test_no_draws_have_no_intervals():
    assert bootstrap(mean_of(np.arange(5.0)), 0, seed=0).intervals == {}
