import pytest

from haybale.scaling.approaches import APPROACHES, FITTED_FLOPS, side_by_side
from haybale.scaling.budget import Budget
from haybale.scaling.laws import GOPHER_FLOPS


@pytest.fixture
def rows():
    return {row.approach.name: row for row in side_by_side(Budget("flops", GOPHER_FLOPS))}


def test_gophers_budget_buys_what_the_paper_says(rows):
    # Hoffmann et al. 2022: 67 billion on 1.5 trillion (table 3; 6ND rounds to 1.4), 63 billion on
    # 1.4 (6ND: 1.5), 40 billion.
    assert rows["1"].allocation.params == pytest.approx(67e9, rel=0.005)
    assert rows["1"].allocation.tokens == pytest.approx(1.5e12, rel=0.05)
    assert rows["2"].allocation.params == pytest.approx(63e9, rel=0.005)
    assert rows["2"].allocation.tokens == pytest.approx(1.4e12, rel=0.1)
    assert rows["3"].allocation.params == pytest.approx(40e9, abs=0.5e9)


def test_the_approaches_split_one_budget(rows):
    assert list(rows) == ["1", "2", "3", "corrected"]
    for row in rows.values():
        assert row.allocation.flops == pytest.approx(GOPHER_FLOPS)


def test_an_interval_of_the_exponent_is_carried_from_the_middle_of_the_fit(rows):
    # The middle is sqrt(6e18 x 3e21) = 1.3416e20, 4,293 times below Gopher's; ln 4293 = 8.365.
    # Approach 2, exponents 0.462 to 0.534 about 0.49: 63 exp(-0.028 x 8.365) = 49.8 billion and
    # 63 exp(0.044 x 8.365) = 91.0; tokens by C / 6N: 9.6e22 / 91.0e9 = 1.05 trillion and 1.93.
    assert rows["2"].params == pytest.approx((49.8e9, 91.0e9), rel=0.002)
    assert rows["2"].tokens == pytest.approx((1.05e12, 1.93e12), rel=0.005)


def test_approaches_without_published_interval_or_law_have_none(rows):
    assert rows["corrected"].params is None
    assert rows["1"].loss is None
    assert rows["2"].loss is None


def test_in_the_middle_of_the_fit_the_exponent_does_not_matter():
    (row, *_) = side_by_side(Budget("flops", FITTED_FLOPS))
    assert row.params == pytest.approx((row.allocation.params, row.allocation.params))


def test_a_given_size_has_its_tokens_in_an_interval():
    rows = side_by_side(Budget("params", 67e9))
    assert rows[0].params == pytest.approx((67e9, 67e9))
    low, high = rows[0].tokens
    # A larger exponent means more parameters for a budget, so fewer tokens for a size.
    assert low < rows[0].allocation.tokens < high


@pytest.mark.parametrize("name", ["3", "corrected"])
def test_a_law_and_its_frontier_belong_together(name):
    approach = APPROACHES[name]
    assert approach.frontier == approach.law.frontier
