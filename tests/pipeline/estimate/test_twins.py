"""Duplicates of the whole from clusters of the sample, held against whole populations of them."""

import random
from collections import Counter

import pyarrow as pa
import pytest

from haybale.corpus.storage import Folder
from haybale.pipeline.estimate.drawn import Drawn
from haybale.pipeline.estimate.quantities import total_of
from haybale.pipeline.estimate.seen_clusters import SeenCluster, read_clusters
from haybale.pipeline.estimate.twins import count_lost
from haybale.pipeline.jobs.removals import REMOVALS
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.rows.tables import open_table

NUM_PIECES = {"web": 60, "books": 20}
NUM_DRAWN = {"web": 18, "books": 6}
SIZES = {"web": 10**6, "books": 10**6}


def population(rng):
    """Clusters as piece to documents: mostly pairs, some large, some in both subsets."""
    pieces = [(subset, number) for subset, count in NUM_PIECES.items() for number in range(count)]
    found = []
    for copies, count in ((2, 200), (3, 60), (6, 20), (20, 3)):
        for _ in range(count):
            found.append(Counter(rng.choices(pieces, k=copies)))
    return found


def drawn_from(clusters, rng, outside=()):
    """What a sample shows of them; the first document of a cluster that is drawn survives.

    Of those in `outside` an earlier corpus holds the survivor, so that none of these does.
    """
    pieces = [
        (subset, number)
        for subset, count in NUM_PIECES.items()
        for number in rng.sample(range(count), NUM_DRAWN[subset])
    ]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    seen = []
    for cluster in clusters:
        members = Counter({numbers[piece]: cluster[piece] for piece in cluster if piece in numbers})
        if members.total() > 1:
            seen.append(SeenCluster(members, members - Counter([next(iter(members))])))
    for cluster in outside:
        members = Counter({numbers[piece]: cluster[piece] for piece in cluster if piece in numbers})
        if members:
            seen.append(SeenCluster(members, members, survives_outside=True))
    drawn = {
        subset: Drawn(NUM_DRAWN[subset] / NUM_PIECES[subset], NUM_DRAWN[subset])
        for subset in NUM_PIECES
    }
    return seen, {number: subset for number, (subset, _) in enumerate(pieces)}, drawn


def test_over_many_samples_the_estimate_is_right_and_nine_in_ten_intervals_hold_the_truth():
    rng = random.Random(0)
    clusters = population(rng)
    truth = sum(cluster.total() - 1 for cluster in clusters)
    found = []
    for _ in range(100):
        lost = count_lost(*drawn_from(clusters, rng), SIZES)
        found.append(total_of(lost.values()))
    mean = sum(each.value for each in found) / len(found)
    assert mean == pytest.approx(truth, rel=0.1)
    # Of 100 intervals that hold it 9 times in 10 at least 83 do, 99 times in 100.
    assert sum(each.covers(truth) for each in found) >= 83


def test_copies_of_earlier_corpora_are_estimated_by_the_share_that_was_drawn():
    rng = random.Random(0)
    clusters, outside = population(rng)[::4], population(rng)
    truth = sum(cluster.total() - 1 for cluster in clusters)
    truth += sum(cluster.total() for cluster in outside)
    found = []
    for _ in range(100):
        lost = count_lost(*drawn_from(clusters, rng, outside), SIZES)
        found.append(total_of(lost.values()))
    mean = sum(each.value for each in found) / len(found)
    assert mean == pytest.approx(truth, rel=0.05)
    assert sum(each.covers(truth) for each in found) >= 83


def test_a_copy_of_an_earlier_document_is_worth_as_much_alone_as_beside_others():
    clusters = [SeenCluster(Counter({0: 1}), Counter({0: 1}), survives_outside=True)] * 10
    both = Counter({0: 2, 1: 1})
    clusters.append(SeenCluster(both, both, survives_outside=True))
    drawn = {"web": Drawn(0.1, 5)}
    found = count_lost(clusters, dict.fromkeys(range(5), "web"), drawn, {"web": 10**6})
    assert found["web"].value == pytest.approx((10 + 3) / 0.1)
    assert found["web"].low < 130 < found["web"].high


def test_removals_tell_which_clusters_survive_in_an_earlier_corpus(tmp_path):
    folder = Folder(str(tmp_path))
    parts = tuple(Part(number, "web", ()) for number in range(2))
    ids = [[bytes([part, row]) * 8 for row in range(4)] for part in range(2)]
    near, far = bytes([7]) * 16, bytes([8]) * 16
    for part, own in zip(parts, ids, strict=True):
        signed = {"doc_id": pa.array(own, pa.binary(16)), "text_bytes": pa.array([10, 20, 30, 40])}
        batch = pa.RecordBatch.from_pydict(signed)
        with open_table(folder, signatures_path(part.name), batch.schema) as writer:
            writer.write(batch)
    rows = {  # part 1's row 1 survives and another of its cluster goes for an earlier document
        0: [(0, ids[1][1], near, None), (1, far, far, "old"), (2, far, near, "old")],
        1: [(3, far, far, "old")],
    }
    for part in parts:
        removals = [
            {
                **dict(zip(("row", "survivor", "cluster", "corpus"), each, strict=True)),
                "removed": ids[part.number][each[0]],
                "method": "exact",
            }
            for each in rows[part.number]
        ]
        with open_table(folder, f"dedup/removals/{part.name}.arrow", REMOVALS) as writer:
            writer.write(pa.RecordBatch.from_pylist(removals, REMOVALS))
    clusters, num_bytes = read_clusters(folder, parts)
    assert clusters == [
        SeenCluster(Counter({0: 1, 1: 1}), Counter({0: 1})),
        SeenCluster(Counter({0: 1, 1: 1}), Counter({0: 1, 1: 1}), survives_outside=True),
        SeenCluster(Counter({0: 1}), Counter({0: 1}), survives_outside=True),
    ]
    assert num_bytes == {"web": 10 + 20 + 30 + 40}


def test_two_of_four_pieces_are_drawn_together_less_often_than_shares_tell():
    # 4 of 9: 4 * 3 / (9 * 8) = 1 / 6, where (4 / 9)^2 = 1 / 5.06.
    assert Drawn(4 / 9, 4).pair_chance == pytest.approx(1 / 6)
    assert Drawn(1.0, 4).pair_chance == 1
    assert Drawn(0.25, 1).pair_chance == 0


def test_copies_within_a_piece_count_by_the_share_that_was_drawn():
    cluster = SeenCluster(Counter({0: 5}), Counter({0: 4}))
    found = count_lost([cluster], {0: "web"}, {"web": Drawn(0.2, 6)}, {"web": 10**6})["web"]
    assert found.value == pytest.approx(4 / 0.2)
    # Pairs across pieces may be there: 3 / (6 * 5 / (30 * 29)) = 87 of them.
    assert found.high >= 20 + 87
    assert found.low >= 4  # these were seen


def test_where_no_cluster_is_seen_some_may_be_there():
    found = count_lost([], {}, {"web": Drawn(0.2, 6)}, {"web": 10**6})["web"]
    assert (found.value, found.low, found.high) == (0, 0, pytest.approx(87))
    assert count_lost([], {}, {"web": Drawn(0.2, 1)}, {"web": 500})["web"].high == 500


def test_what_is_removed_is_counted_where_it_is_removed():
    cluster = SeenCluster(Counter({0: 1, 1: 1}), Counter({1: 1}))
    drawn = {"web": Drawn(0.5, 4), "books": Drawn(0.5, 4)}
    found = count_lost([cluster], {0: "web", 1: "books"}, drawn, SIZES)
    assert found["web"].value == 0
    assert 1 / 0.5**2 * 0.5 < found["books"].value <= 1 / 0.5**2


def test_everything_drawn_leaves_nothing_to_guess():
    clusters = [SeenCluster(Counter({0: 1, 1: 2, 2: 1}), Counter({1: 2, 2: 1}))]
    found = count_lost(clusters, dict.fromkeys(range(3), "web"), {"web": Drawn(1.0, 3)}, SIZES)
    assert (found["web"].value, found["web"].low, found["web"].high) == (3, 3, 3)
