import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.cards.page.scale import Linear, Logarithmic, around, tick_text


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (100, [0, 50, 100]),  # a quarter is 25, the next round step 50
        (7, [0, 2, 4, 6]),
        (812, [0, 500]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (0, [0]),
    ],
)
def test_linear_ticks_are_round(top, ticks):
    assert Linear(top).ticks() == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.25, 4, [0.25, 0.5, 1, 2, 4]),
        (10, 60, [10, 20, 50]),
        (30, 70_000, [100, 1_000, 10_000]),
        (1, 1e12, [1, 1e3, 1e6, 1e9, 1e12]),
    ],
)
def test_logarithmic_ticks_are_round(low, high, ticks):
    assert Logarithmic(low, high).ticks() == pytest.approx(ticks)


@given(st.integers(1, 10**15), st.integers(1, 10**6))
def test_logarithmic_ticks_are_few_and_on_the_axis(low, factor):
    axis = Logarithmic(low, low * (factor + 1))
    ticks = axis.ticks()
    assert len(ticks) <= 6
    assert all(low * 0.99 <= tick <= axis.high * 1.01 for tick in ticks)


def test_equal_ratios_are_equal_lengths():
    axis = Logarithmic(1, 16)
    assert [axis.place(value) for value in (1, 2, 4, 8, 16)] == [0, 0.25, 0.5, 0.75, 1]
    assert axis.place(0.1) == 0
    assert axis.place(99) == 1


def test_the_baseline_is_the_middle_and_all_values_have_room():
    axis = around(1.0, [0.3, 1.2])
    assert (axis.low, axis.high) == (0.25, 4.0)  # 1 / 0.3 = 3.3, the next power of two is 4
    assert math.isclose(axis.place(1.0), 0.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (20, "20"),
        (5000, "5k"),
        (2e6, "2M"),
        (1.5e9, "1.5B"),
        (1e12, "1T"),
    ],
)
def test_ticks_have_short_names(value, text):
    assert tick_text(value) == text
