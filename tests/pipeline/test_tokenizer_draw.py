import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haybale.pipeline.jobs.tokenizer_draw import SAMPLED, Candidates, Draw


def rows_of(*rows):
    """Rows of (order, language, bytes)."""
    out = np.zeros(len(rows), SAMPLED)
    for row, (order, language, num_bytes) in zip(out, rows, strict=True):
        row["order"], row["id"], row["language"], row["bytes"] = order, order, language, num_bytes
    return out


class Recipe:
    """Two subsets of equal weight, whatever they have."""

    @property
    def recipe(self):
        return self

    def weights(self, available):
        return {name: 0.5 for name in ("web", "books") if available.get(name)}


def drawn(chosen):
    return [(int(row["order"]), int(row["bytes"])) for row in chosen]


def test_a_sample_ends_within_the_document_that_fills_it():
    rows = rows_of((30, 0, 5), (10, 0, 4), (20, 0, 5), (40, 0, 9))
    draw = Draw(0, 100, 100)
    assert drawn(draw.chosen(rows, 8)) == [(10, 4), (20, 4)]
    assert drawn(draw.chosen(rows, 9)) == [(10, 4), (20, 5)]
    assert drawn(draw.chosen(rows, 10)) == [(10, 4), (20, 5), (30, 1)]
    assert drawn(draw.chosen(rows, 0)) == []
    assert drawn(draw.chosen(rows, 99)) == [(10, 4), (20, 5), (30, 5), (40, 9)]


def test_empty_documents_are_not_drawn():
    assert drawn(Draw(0, 100, 100).chosen(rows_of((1, 0, 0), (2, 0, 3)), 10)) == [(2, 3)]


def test_no_language_gives_more_than_its_share_and_others_take_its_place():
    rows = rows_of((1, 7, 4), (2, 7, 4), (3, 7, 4), (4, 8, 3), (5, 9, 3), (6, 8, 3))
    draw = Draw(0, 100, 100, 0.5)
    # Of 12 bytes language 7 may give 6: 4 and 2; then 3 of 8, and 3 of 9 fill it.
    assert drawn(draw.chosen(rows, 12)) == [(1, 4), (2, 2), (4, 3), (5, 3)]
    # Of 30 it may give 15, and has 12.
    assert drawn(draw.chosen(rows, 30)) == [(1, 4), (2, 4), (3, 4), (4, 3), (5, 3), (6, 3)]
    # Alone it may still give no more: the sample is smaller.
    assert drawn(draw.chosen(rows[:3], 12)) == [(1, 4), (2, 2)]


def test_what_a_subset_cannot_fill_is_left():
    candidates = Candidates(Draw(0, 20, 100))
    candidates.add("web", rows_of((1, 0, 9), (2, 0, 9)), 18)
    candidates.add("books", rows_of((3, 0, 2)), 2)
    assert drawn(candidates.chosen(Recipe())) == [(1, 9), (2, 1), (3, 2)]


def test_a_part_leaves_what_only_other_parts_make_needed():
    draw = Draw(0, 10, 100, 0.5)
    # Alone, the first part fills 10 bytes with 5 of each of two languages. Of the 5 that web may
    # give, a language may give 2, and the second part's come first: the third language is needed.
    first, second = rows_of((2, 7, 5), (3, 8, 5), (4, 9, 3)), rows_of((0, 7, 5), (1, 8, 5))
    candidates = Candidates(draw)
    for part in (first, second):
        candidates.add("web", draw.needed(part, 10), 13)
    assert drawn(candidates.chosen(Recipe())) == [(0, 2), (1, 2), (4, 1)]


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.sampled_from(["web", "books"])),
    max_size=40,
)


@pytest.mark.parametrize("share", [None, 0.3, 0.5])
@given(documents=ROWS, cuts=st.lists(st.integers(0, 40), max_size=4), total=st.integers(1, 120))
def test_the_sample_is_the_same_whatever_the_parts_and_their_order(share, documents, cuts, total):
    rng = np.random.default_rng(len(documents))
    orders = rng.permutation(len(documents)).tolist()
    rows = [(order, *each) for order, each in zip(orders, documents, strict=True)]

    def sample(parts):
        candidates = Candidates(Draw(0, total, 100, share))
        draw = Draw(0, total, 100, share)
        for part in parts:
            for name in ("web", "books"):
                mine = rows_of(*(row[:3] for row in part if row[3] == name))
                available = int(mine["bytes"].sum())
                candidates.add(name, draw.needed(mine, total), available)
        return candidates.chosen(Recipe())

    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    parts = [rows[start:stop] for start, stop in itertools.pairwise(edges)]
    whole = sample([rows])
    assert drawn(whole) == drawn(sample(parts)) == drawn(sample(reversed(parts)))
    for name in ("web", "books"):
        orders = {row[0] for row in rows if row[3] == name}
        mine = whole[np.isin(whole["order"], list(orders))]
        assert mine["bytes"].sum() <= total // 2
        for language in range(4) if share else ():
            given_bytes = mine["bytes"][mine["language"] == language].sum()
            assert given_bytes <= share * (total // 2)


def test_documents_of_one_digest_are_told_apart_by_their_ids():
    rows = rows_of((1, 0, 4), (1, 0, 6))
    rows["id"], rows["address"] = [9, 2], [1, 2]
    assert Draw(0, 100, 100).chosen(rows, 6)["id"].tolist() == [2]
    assert Draw(0, 100, 100).chosen(rows[::-1], 6)["id"].tolist() == [2]
