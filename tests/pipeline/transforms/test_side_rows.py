"""Side inputs: found by id, and no more held of them than is asked for."""

import tracemalloc

import numpy as np
import pytest

from haybale.pipeline.transforms.deduplication.id_rows import GONE, ID, WANTED, SideRows


def random_ids(count):
    # Some end in zeros, which numpy's bytes do not show.
    raw = np.random.default_rng(0).integers(0, 256, (count, 16), dtype=np.uint8)
    raw[::5, 12:] = 0
    return raw.view(ID).reshape(-1)


def test_rows_of_all_blocks_are_found_with_their_fields():
    rows = np.zeros(1000, WANTED)
    rows["id"], rows["group"] = random_ids(1000), np.arange(1000)
    side = SideRows(WANTED, "group")
    side.take_in([rows[:300].tobytes(), b"", rows[300:].tobytes()])
    place, there = side.find(rows["id"])
    assert there.all()
    assert side.columns["group"][place].tolist() == list(range(1000))
    assert side.has(np.array([b"nobody", rows["id"][7]], ID)).tolist() == [False, True]
    side.take_in([])
    assert not side.has(rows["id"]).any()


@pytest.mark.parametrize(
    ("row_type", "fields", "held", "peak"),
    [
        # Beside the engine's rows of 24 bytes an id of 16 and a group of 8; before they are in
        # order once more the ids, and the order, of 8.
        (WANTED, ("group",), 24 + 16 + 8, 24 + 2 * 16 + 8),
        (GONE, (), 40 + 16, 40 + 16),
    ],
    ids=["wanted", "gone"],
)
def test_a_row_takes_as_many_bytes_as_the_guide_says(row_type, fields, held, peak):
    num_rows = 200_000
    rows = np.zeros(num_rows, row_type)
    rows["id"] = random_ids(num_rows)
    tracemalloc.start()
    try:
        blocks = [part.tobytes() for part in np.split(rows, 50)]
        side = SideRows(row_type, *fields)
        side.take_in(blocks)
        found = np.array(tracemalloc.get_traced_memory()) / num_rows
    finally:
        tracemalloc.stop()
    assert len(side.ids) == num_rows
    assert found[0] == pytest.approx(held, abs=0.5)
    assert found[1] == pytest.approx(peak, abs=0.5)
