import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.errors import CheckpointMismatchError
from haybale.loaders.position.skips import Skips

RANGES = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))
)


@given(RANGES)
def test_the_sequence_goes_on_without_what_is_skipped(ranges: list[tuple[int, int]]) -> None:
    skips = Skips(())
    for first, last in ranges:
        skips = skips.with_range(first, last)
    left_out = {at for first, last in ranges for at in range(first, last)}
    kept = [position for position in range(200) if position not in left_out]
    assert skips.positions(np.arange(len(kept))).tolist() == kept
    assert [skips.handed_out(position) for position in kept] == list(range(len(kept)))
    assert all(skips.handed_out(position) is None for position in left_out)
    assert skips.num_samples == len(left_out)
    assert Skips.from_json(skips.as_json()).ranges == skips.ranges


def test_ranges_that_meet_are_kept_as_one() -> None:
    assert Skips([(8, 10), (2, 5), (5, 7)]).ranges == ((2, 7), (8, 10))


@pytest.mark.parametrize("raw", [[[3, 3]], [[-1, 2]], [[1]], 4, [["a", "b"]]])
def test_damaged_skips_are_refused(raw: object) -> None:
    with pytest.raises(CheckpointMismatchError, match="expected skips as lists of two positions"):
        Skips.from_json(raw)
