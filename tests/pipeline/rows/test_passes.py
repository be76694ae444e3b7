from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.rows.passes import cut_passes


@given(st.integers(1, 300), st.integers(0, 10**6), st.integers(1, 10**5))
def test_passes_cover_every_partition_once_and_keep_to_their_bytes(count, num_bytes, pass_bytes):
    passes = list(cut_passes(count, num_bytes, pass_bytes))
    covered = [number for each in passes for number in range(count) if number in each]
    assert covered == list(range(count))
    assert sum(len(each) for each in passes) == count
    for each in passes:
        assert each.num_bytes <= pass_bytes or len(each) == 1


def test_a_pass_is_named_by_its_partitions():
    # 10 partitions of 10 bytes; three fit into 35.
    assert [str(each) for each in cut_passes(10, 100, 35)] == [
        "00000-00003",
        "00003-00006",
        "00006-00009",
        "00009-00010",
    ]
