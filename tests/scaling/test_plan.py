import pytest

from haybale.scaling.plan import compute_optimal_params, compute_optimal_tokens


@pytest.mark.parametrize(
    ("num_parameters", "published"),
    [(400e6, 8.0e9), (1e9, 20.2e9), (10e9, 205.1e9), (67e9, 1.5e12), (1e12, 21.2e12)],
)
def test_twenty_tokens_per_parameter_are_near_chinchillas_table_3(
    num_parameters: float, published: float
) -> None:
    # Hoffmann et al. 2022 (arXiv 2203.15556), table 3; 1.5e12 / 67e9 = 22.4 is the furthest off.
    assert compute_optimal_tokens(num_parameters) == pytest.approx(published, rel=0.12)


def test_chinchilla_itself_had_twenty_tokens_per_parameter() -> None:
    assert compute_optimal_tokens(70e9) == 1.4e12


def test_parameters_for_tokens_undo_tokens_for_parameters() -> None:
    assert compute_optimal_params(compute_optimal_tokens(123e6)) == pytest.approx(123e6)
