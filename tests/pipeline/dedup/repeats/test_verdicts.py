"""What happens where 64 bits of different keys are the same: nothing."""

import numpy as np
import pyarrow as pa

from haybale.pipeline.dedup.repeats.anchors import find_anchors
from haybale.pipeline.dedup.repeats.occurrences import find_occurrences, shared_keys
from haybale.pipeline.dedup.repeats.rows import ANCHOR, OCCURRENCE, SHARED, VERDICT
from haybale.pipeline.dedup.repeats.settings import (
    LINE,
    SPAN,
    BlockSettings,
    RepeatsSettings,
    SpanSettings,
)
from haybale.pipeline.dedup.repeats.verdicts import decide, live_anchors, losing

BOTH = RepeatsSettings(lines=BlockSettings(), spans=SpanSettings(min_words=4))


def shared(*rows):
    """SHARED from (key, other half of the key, id, block, count, kind)."""
    made = np.zeros(len(rows), SHARED)
    for row, (key, other, first, block, count, kind) in zip(made, rows, strict=True):
        row["key"], row["id"] = (key, other), divmod(first, 20)
        row["block"], row["count"], row["kind"] = block, count, kind
    return made


def told(rows):
    blocks, verdicts = decide(rows, BOTH)
    keys = verdicts["key"].tolist()
    return sorted(zip(blocks.tolist(), map(tuple, keys), verdicts["first"].tolist(), strict=True))


def test_the_block_with_the_smallest_id_has_the_first_occurrence():
    rows = shared((7, 1, 30, 0, 1, SPAN), (7, 1, 10, 1, 1, SPAN), (7, 1, 20, 2, 1, SPAN))
    assert told(rows) == [(0, (7, 1), 0), (1, (7, 1), 1), (2, (7, 1), 0)]


def test_keys_of_which_only_half_is_the_same_are_different():
    rows = shared((7, 1, 30, 0, 1, SPAN), (7, 2, 10, 1, 1, SPAN), (8, 1, 20, 2, 1, SPAN))
    assert told(rows) == []
    rows = shared(*((7, other, 10 + other, other, 1, LINE) for other in (0, 1)))
    assert told(rows) == []
    # Two keys of which half is the same, each of ten blocks, the rows of one between the other's.
    rows = shared(*((7, block % 2, 50 - block, block, 1, LINE) for block in range(20)))
    assert told(rows) == [(block, (7, block % 2), int(block >= 18)) for block in range(20)]


def test_a_block_is_told_nothing_of_keys_that_it_alone_has():
    assert told(shared((7, 1, 30, 0, 5, SPAN), (8, 1, 10, 1, 1, SPAN))) == []


def test_half_equal_keys_of_a_block_get_their_own_verdicts():
    # Keys (7, 0) to (7, 3), one occurrence each; the third is first elsewhere.
    rows = np.zeros(4, OCCURRENCE)
    rows["key"] = [(7, other) for other in range(4)]
    rows["row"], rows["kind"] = range(4), SPAN
    verdicts = np.zeros(2, VERDICT)
    verdicts["key"], verdicts["first"] = [(7, 1), (7, 2)], [1, 0]
    assert losing(rows, verdicts, BOTH).tolist() == [False, False, True, False]


def test_an_anchor_lives_if_it_occurs_twice_in_one_block_or_once_in_two():
    rows = np.array([(5, 0), (5, 0), (6, 0), (6, 1), (7, 0), (8, 1)], ANCHOR)
    alive = live_anchors(rows[[3, 1, 5, 0, 2, 4]])
    assert alive.tolist() == [(5, 0), (6, 0), (6, 1)]


def test_anchors_that_live_by_accident_change_nothing():
    texts = pa.array(["a b c d e f", "b c d e x y", "p q r s t u v w"], pa.large_string())
    ids = np.array([(0, 3), (0, 1), (0, 2)], np.uint64)
    anchors = find_anchors(texts, 0, BOTH)
    every, some = np.unique(anchors["key"]), live_anchors(anchors)["key"]
    assert len(some) < len(every)
    lost = []
    for live in (every, some):
        rows = find_occurrences(texts, ids, live, BOTH)
        _, verdicts = decide(shared_keys(rows, ids, 0), BOTH)
        lost.append(rows[losing(rows, verdicts, BOTH)][["row", "position"]].tolist())
    assert lost == [[(0, 1)], [(0, 1)]]
