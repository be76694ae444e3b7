from dataclasses import replace

import numpy as np
import planted_runs
import pytest

from haybale.scaling.isoflop import by_budget, fit_isoflop
from haybale.scaling.laws import BESIROGLU, ParametricLoss
from haybale.scaling.runs import Runs, RunsError


def parabolas(reach: tuple[float, float] = (-1.0, 1.0), curvature: float = 0.1) -> Runs:
    """Four budgets; the best size of each is 0.1 C^0.5, with a loss of 60 - log C."""
    budgets = np.repeat([1e18, 1e19, 1e20, 1e21], 5)
    off = np.tile(np.linspace(*reach, 5), 4)
    sizes = 0.1 * budgets**0.5 * np.exp(off)
    return Runs.of(sizes, budgets / 6 / sizes, 60 - np.log(budgets) + curvature * off**2)


def test_the_bottoms_of_parabolas_are_found():
    found = fit_isoflop(by_budget(parabolas()))
    assert found.frontier.exponent == pytest.approx(0.5)
    assert found.frontier.parameters(1e20) == pytest.approx(1e9)
    assert [profile.flops for profile in found.profiles] == pytest.approx([1e18, 1e19, 1e20, 1e21])
    # 60 - ln 1e20 = 60 - 46.0517.
    assert found.profiles[2].least_loss == pytest.approx(13.9483, abs=1e-4)
    assert found.warnings == ()


def test_a_bottom_off_the_middle_of_the_grid_is_found_where_it_is():
    found = fit_isoflop(by_budget(parabolas((-0.8, 1.2))))
    assert found.frontier.parameters(1e20) == pytest.approx(1e9)
    assert found.profiles[2].least_loss == pytest.approx(13.9483, abs=1e-4)


def test_a_loss_whose_terms_fall_alike_has_no_bias():
    # alpha = beta: the loss is even in log N about its minimum, and so is its parabola.
    law = ParametricLoss(1.7, 400, 1200, 0.34, 0.34)
    found = fit_isoflop(by_budget(planted_runs.isoflops(law, 0, 0)))
    assert found.frontier.exponent == pytest.approx(0.5)
    assert found.frontier.parameters(1e21) == pytest.approx(law.frontier.parameters(1e21))


@pytest.mark.parametrize(
    ("reach", "side"), [((0.2, 1.5), "smallest size tried"), ((-1.5, -0.2), "largest")]
)
def test_minima_beyond_the_grid_are_told_and_do_not_count(reach, side):
    within, beyond = parabolas(), parabolas(reach)
    # Three times the size on a third of the tokens: were they counted, the frontier would turn.
    beyond = replace(beyond, parameters=beyond.parameters * 3, tokens=beyond.tokens / 3)
    cheap = np.flatnonzero(within.flops < 5e19)
    found = fit_isoflop(by_budget(_joined(within.take(cheap), _dear(beyond))))
    assert [profile.used for profile in found.profiles] == [True, True, False, False]
    assert found.frontier.exponent == pytest.approx(0.5)
    assert len(found.warnings) == 2
    assert all(side in warning and "left out" in warning for warning in found.warnings)


@pytest.mark.parametrize(("reach", "side"), [((-0.1, 1.5), "smaller"), ((-1.5, 0.1), "larger")])
def test_a_best_run_at_the_edge_of_the_grid_is_told_and_counts(reach, side):
    # Turning at 0 between -0.1 and 1.5: the run at -0.1 is the best of five.
    found = fit_isoflop(by_budget(parabolas(reach)))
    assert all(profile.used for profile in found.profiles)
    assert all("edge of the grid" in w and f"{side} models" in w for w in found.warnings)
    assert len(found.warnings) == 4


def test_a_best_run_that_is_not_the_nearest_to_the_minimum_is_told():
    # Sizes at -1, -0.5, 0, 0.5 and 1 about 1e8 for 1e18 FLOPs. Of losses 1, 0.25, 0.2, 0.15 and 3
    # the run at 0.5 is the best; the parabola, with slope sum(x y) / sum(x^2) = 1.95 / 2.5 = 0.78
    # and a second coefficient of (sum(x^2 y) - sum(x^2) sum(y) / 5) / (sum(x^4) - 2.5^2 / 5) =
    # (4.1 - 2.3) / (2.125 - 1.25) = 2.06, turns at -0.78 / 2 / 2.06 = -0.19: nearest is 0.
    budgets = np.repeat([1e18, 1e19, 1e20, 1e21], 5)
    sizes = 0.1 * budgets**0.5 * np.exp(np.tile(np.linspace(-1, 1, 5), 4))
    losses = 60 - np.log(budgets) + np.tile([1.0, 0.25, 0.2, 0.15, 3.0], 4)
    found = fit_isoflop(by_budget(Runs.of(sizes, budgets / 6 / sizes, losses)))
    assert all(profile.used for profile in found.profiles)
    told = "1e+18 FLOPs: the parabola's minimum, 8.27e+07, is nearer to the run of 1e+08 than to"
    assert found.warnings[0].startswith(f"{told} the best one, of 1.65e+08")
    assert len(found.warnings) == 4


@pytest.mark.parametrize(
    ("reach", "side"),
    # With runs near 0. Three times as far on one side as on the other is as far as goes untold:
    # 1.55 / 0.5 = 3.1, 1.6 / 0.55 = 2.9.
    [((-0.5, 1.55), "smaller"), ((-1.55, 0.5), "larger"), ((-0.55, 1.6), None)],
)
def test_a_grid_that_leans_to_one_side_is_told(reach, side):
    found = fit_isoflop(by_budget(parabolas(reach)))
    assert len(found.warnings) == (4 if side else 0)
    assert all("far off the middle" in w and f"{side} models" in w for w in found.warnings)


def test_two_budgets_of_three_sizes_are_enough():
    sizes = np.array([0.5e9, 1e9, 2e9, 1.5e9, 3e9, 6e9])
    budgets = np.repeat([1e20, 1e21], 3)
    off = np.log([0.5, 1, 2, 0.5, 1, 2])
    found = fit_isoflop(by_budget(Runs.of(sizes, budgets / 6 / sizes, 3 + 0.1 * off**2)))
    # Tripled by ten times the compute: log 3 / log 10 = 0.477.
    assert found.frontier.exponent == pytest.approx(0.4771, abs=1e-4)
    assert found.profiles[1].loss(np.array([6e9])) == pytest.approx([3 + 0.1 * np.log(2) ** 2])


def test_parabolas_that_open_downwards_have_no_minimum():
    with pytest.raises(RunsError, match=r"0 of 4 budgets .* opens downwards"):
        fit_isoflop(by_budget(parabolas(curvature=-0.1)))


def test_runs_within_a_tenth_share_a_budget():
    runs = Runs.of([1e8, 2e8, 4e8], [1e10, 0.54e10, 0.3e10], [3, 3, 3])
    # 6e18, 6.48e18 and 7.2e18: the last is a fifth above the first.
    assert [len(budget) for budget in by_budget(runs)] == [2, 1]


def test_runs_without_budgets_in_common_are_refused():
    with pytest.raises(RunsError, match=r"two or more budgets .* found 0"):
        fit_isoflop(by_budget(planted_runs.scattered(BESIROGLU, 0, 0, num_runs=8)))


def _dear(runs: Runs) -> Runs:
    return runs.take(np.flatnonzero(runs.flops > 5e19))


def _joined(one: Runs, other: Runs) -> Runs:
    return Runs.of(
        [*one.parameters, *other.parameters],
        [*one.tokens, *other.tokens],
        [*one.losses, *other.losses],
    )
