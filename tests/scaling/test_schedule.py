import pytest

from haybale.scaling.budget import Allocation
from haybale.scaling.schedule import schedule_for


@pytest.mark.parametrize(
    ("params", "learning_rate", "batch_tokens"),
    # Bi et al. 2024 (arXiv 2401.02954), table 2: 7 and 67 billion on 2 trillion tokens; batches of
    # 2,304 and 4,608 sequences of 4,096.
    [(7e9, 4.2e-4, 2304 * 4096), (67e9, 3.2e-4, 4608 * 4096)],
)
def test_the_published_runs_come_out(params, learning_rate, batch_tokens):
    schedule = schedule_for(Allocation(params, 2e12))
    assert schedule.learning_rate == pytest.approx(learning_rate, abs=0.05e-4)
    # The nearest power of two is at most a factor of the square root of 2 away.
    assert 2**-0.5 <= schedule.batch_tokens / batch_tokens <= 2**0.5


def test_steps_cover_the_tokens():
    schedule = schedule_for(Allocation(1e9, 20e9))
    assert schedule.tokens == pytest.approx(20e9, abs=schedule.batch_tokens / 2)
    assert schedule.num_steps * schedule.batch_size * 2048 == schedule.tokens


def test_warm_up_takes_a_token_per_parameter():
    assert schedule_for(Allocation(1e9, 20e9)).warmup_fraction == 0.05
    assert schedule_for(Allocation(1e9, 200e9)).warmup_fraction == 0.005


def test_a_tiny_run_has_a_step():
    schedule = schedule_for(Allocation(10, 100))
    assert (schedule.batch_size, schedule.num_steps) == (1, 1)
