import dataclasses

import numpy as np
import planted_runs
import pytest

from haybale.scaling.laws import BESIROGLU, GOPHER_FLOPS, HOFFMANN_3
from haybale.scaling.parametric import GRID, fit_parametric
from haybale.scaling.runs import Runs, RunsError


@pytest.mark.parametrize("law", [HOFFMANN_3, BESIROGLU])
def test_a_law_without_noise_is_found(law):
    found = fit_parametric(planted_runs.scattered(law, 0, 0))
    assert found.law.irreducible == pytest.approx(law.irreducible, rel=1e-4)
    assert found.law.parameter_scale == pytest.approx(law.parameter_scale, rel=1e-3)
    assert found.law.token_scale == pytest.approx(law.token_scale, rel=1e-3)
    assert found.law.alpha == pytest.approx(law.alpha, rel=1e-4)
    assert found.law.beta == pytest.approx(law.beta, rel=1e-4)
    assert found.objective < 1e-10


def test_the_law_found_has_forty_billion_parameters_at_gophers_budget():
    # Hoffmann et al. 2022, figure 4: what their own constants give before rounding.
    frontier = fit_parametric(planted_runs.scattered(HOFFMANN_3, 0, 1)).law.frontier
    assert frontier.parameters(GOPHER_FLOPS) == pytest.approx(40e9, abs=0.5e9)


def test_the_grid_is_the_papers():
    # 6 x 6 x 5 x 5 x 5 starts (Hoffmann et al. 2022, appendix D).
    assert GRID.shape == (4500, 5)
    assert (GRID.min(axis=0).tolist(), GRID.max(axis=0).tolist()) == (
        [0, 0, -1, 0, 0],
        [25, 25, 1, 2, 2],
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_start_of_the_grid_ends_lower_than_the_most_promising(seed):
    runs = planted_runs.scattered(BESIROGLU, 0.005, seed, num_runs=60)
    every = fit_parametric(runs, num_starts=len(GRID))
    assert fit_parametric(runs).objective <= every.objective + 1e-14


def test_a_wild_run_moves_little_and_none_at_all_where_it_is_left_out():
    runs = planted_runs.scattered(BESIROGLU, 0, 0, num_runs=60)
    wild = Runs.of([*runs.parameters, 5e8], [*runs.tokens, 5e9], [*runs.losses, 9.0])
    kept = fit_parametric(wild)
    assert (kept.num_runs, kept.num_dropped) == (61, 0)
    # The run is about 3 times its loss; squares would follow it, Huber's loss does not.
    assert kept.law.alpha == pytest.approx(BESIROGLU.alpha, abs=0.01)
    # delta x (log(9 / L) - delta / 2), where L = BESIROGLU.loss(5e8, 5e9) = 2.85: 1.149e-3.
    assert kept.objective == pytest.approx(1.15e-3, rel=0.02)
    dropped = fit_parametric(wild, drop_highest=1)
    assert (dropped.num_runs, dropped.num_dropped) == (60, 1)
    assert dropped.objective < 1e-10


def test_tokens_counted_in_another_unit_change_only_their_scale():
    # B / (kD)^beta = (B / k^beta) / D^beta: in bytes at 4 a token B grows by 4^beta.
    runs = planted_runs.scattered(BESIROGLU, 0.003, 0, num_runs=80)
    law = fit_parametric(runs).law
    other = fit_parametric(dataclasses.replace(runs, tokens=runs.tokens * 4)).law
    assert (other.alpha, other.beta) == pytest.approx((law.alpha, law.beta), rel=1e-4)
    assert other.token_scale == pytest.approx(law.token_scale * 4**law.beta, rel=1e-3)
    assert other.parameter_scale == pytest.approx(law.parameter_scale, rel=1e-3)


def test_losses_in_another_unit_change_only_the_three_scales():
    # Log losses all move by log(1 / ln 2): bits for nats.
    runs = planted_runs.scattered(BESIROGLU, 0.003, 0, num_runs=80)
    law = fit_parametric(runs).law
    other = fit_parametric(dataclasses.replace(runs, losses=runs.losses / np.log(2))).law
    assert (other.alpha, other.beta) == pytest.approx((law.alpha, law.beta), rel=1e-4)
    assert other.irreducible == pytest.approx(law.irreducible / np.log(2), rel=1e-4)


@pytest.mark.parametrize(
    ("columns", "drop", "message"),
    [
        (([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), 0, "found 5 with 5 and 5"),
        (([1, 2, 1, 2, 1, 2], [1, 2, 3, 4, 5, 6]), 0, "found 6 with 2 and 6"),
        (([1, 2, 3, 4, 5, 6], [1, 1, 1, 2, 2, 2]), 0, "found 6 with 6 and 2"),
        (([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]), 2, "found 4 with 4 and 4 after leaving out 2"),
        (([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]), 9, "found 0 with"),
    ],
)
def test_too_few_runs_are_refused(columns, drop, message):
    sizes, tokens = (1e8 * np.array(column) for column in columns)
    with pytest.raises(RunsError, match=message):
        fit_parametric(Runs.of(sizes, tokens, np.linspace(3, 4, len(sizes))), drop)


def test_losses_that_grow_with_size_and_tokens_settle_no_law():
    sizes = np.geomspace(1e8, 1e10, 12)
    tokens = np.geomspace(1e9, 1e11, 12)[::-1] * np.tile([1, 2, 3], 4)
    with pytest.raises(RunsError, match="do not settle the law"):
        fit_parametric(Runs.of(sizes, tokens, (sizes * tokens) ** 0.02))


def test_losses_that_do_not_depend_on_tokens_settle_no_law():
    # beta came out as 2e-8: a term that is constant, and a frontier of 8e40 parameters.
    sizes, tokens = np.repeat([1e8, 2e8, 4e8, 8e8], 3), np.tile([1e9, 2e9, 4e9], 4)
    with pytest.raises(RunsError, match="do not settle the law"):
        fit_parametric(Runs.of(sizes, tokens, 2 + (sizes / 1e8) ** -0.3))
