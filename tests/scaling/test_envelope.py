import numpy as np
import planted_runs
import pytest

from haybale.scaling.envelope import Envelope
from haybale.scaling.laws import BESIROGLU, HOFFMANN_3
from haybale.scaling.runs import Runs, RunsError, TrainingCurve


def valley(num_sizes: int, exponent: float = 0.5, points: int = 60) -> Runs:
    """At C the size 0.1 C^exponent has the least loss, whatever the noise of batches."""
    found = []
    for size in np.geomspace(1e8, 1e10, num_sizes):
        tokens = np.geomspace(1e8, 1e13, points)
        flops = 6 * size * tokens
        off = np.log(size) - np.log(0.1 * flops**exponent)
        found.append(TrainingCurve(size, tokens, 12 - 0.2 * np.log(flops) + 0.05 * off**2))
    return Runs.of_curves(found)


def test_the_frontier_goes_through_the_best_sizes():
    found = Envelope(valley(41)).fit()
    assert found.frontier.exponent == pytest.approx(0.5, abs=0.005)
    # 0.1 x 1e20^0.5 = 1e9.
    assert found.frontier.parameters(1e20) == pytest.approx(1e9, rel=0.03)


def test_the_edges_of_the_sizes_tried_are_left_out():
    found = Envelope(valley(41)).fit()
    # Where the frontier is from 2e8 to 5e9: (2e8 / 0.1)^2 = 4e18 to (5e9 / 0.1)^2 = 2.5e21.
    assert found.flops.min() == pytest.approx(4e18, rel=0.1)
    assert found.flops.max() == pytest.approx(2.5e21, rel=0.1)


def test_a_planted_frontier_is_found_through_noise_and_schedules():
    # Before a run's end its loss is up to 3 % above the law's, and each point is off by 0.3 %.
    truth = BESIROGLU.frontier
    for seed in range(4):
        found = Envelope(planted_runs.curves(BESIROGLU, 0.003, seed)).fit()
        assert found.frontier.exponent == pytest.approx(truth.exponent, abs=0.02)
        assert found.frontier.parameters(1e21) == pytest.approx(truth.parameters(1e21), rel=0.1)


def test_where_one_curve_is_alone_it_is_not_the_envelope():
    runs = valley(9)
    # The sizes are a factor 100^(1/8) apart. All are trained to 1e20 FLOPs, one beyond.
    curves = []
    for curve in runs.curves:
        end = 1e22 if curve.num_parameters == pytest.approx(1e9) else 1e20
        kept = 6 * curve.num_parameters * curve.tokens <= end
        curves.append(TrainingCurve(curve.num_parameters, curve.tokens[kept], curve.losses[kept]))
    found = Envelope(Runs.of_curves(curves)).fit()
    assert found.flops.max() <= 1e20


def test_no_point_counts_that_its_own_frontier_has_near_an_edge():
    # Of some draws of curves, the frontier and the points that it leaves in go round for ever.
    envelope = Envelope(planted_runs.curves(HOFFMANN_3, 0.003, 0, num_sizes=12, num_points=30))
    rng = np.random.default_rng(0)
    for _ in range(60):
        found = envelope.fit(rng.integers(envelope.num_curves, size=envelope.num_curves))
        ends = [found.frontier.parameters(found.flops[index]) for index in (0, -1)]
        assert 2 * envelope.sizes.min() <= ends[0] < ends[1] <= envelope.sizes.max() / 2


def test_chosen_curves_alone_count_and_their_order_does_not():
    envelope = Envelope(valley(41))
    some = envelope.fit(np.arange(0, 41, 4))
    assert set(some.parameters) <= set(envelope.sizes[::4])
    assert some.frontier == envelope.fit(np.arange(40, -1, -4)).frontier


def test_an_envelope_far_from_the_ends_of_its_runs_is_told():
    # Ten times as far as the best: no run is near its end while it is the best.
    found = Envelope(valley(41)).fit()
    assert found.near_end_fraction == 0
    assert "before the last 15 %" in found.warnings[0]


def test_an_envelope_near_the_ends_of_its_runs_is_not_told():
    runs = planted_runs.curves(BESIROGLU, 0.003, 0)
    found = Envelope(runs).fit()
    # Five horizons of a range of 16: two thirds or more of the points are in the last 15 %.
    assert 0.6 < found.near_end_fraction < 0.9
    assert found.warnings == ()


def test_finished_runs_alone_have_no_envelope():
    with pytest.raises(RunsError, match="training curves: several rows a run"):
        Envelope(planted_runs.isoflops(BESIROGLU, 0, 0))


def test_two_sizes_are_too_few():
    with pytest.raises(RunsError, match="at least 3 sizes of model; found 2"):
        Envelope(valley(2))


def test_sizes_that_are_never_the_best_between_the_edges_are_refused():
    # 1e8, 1.12e8 and 1.26e8: none lies from twice the smallest to half the largest.
    close = valley(41)
    with pytest.raises(RunsError, match="add sizes between and beyond"):
        Envelope(close.take(np.array([0, 1, 2]))).fit()
