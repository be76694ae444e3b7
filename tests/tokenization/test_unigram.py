"""A segmentation that is said to hold for every sum before it does."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from piece_models import WORDS, learn, with_scores

from haybale.tokenization.piece_model import read_piece_model
from haybale.tokenization.unigram import best_path, stable_path
from haybale.tokenization.vocabulary import make_scratch, make_vocabulary

ROUNDED = make_vocabulary(
    read_piece_model(with_scores(learn("unigram"), lambda scores, _: np.round(scores, 2)))
)


@settings(deadline=None, max_examples=300)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    share=st.floats(0, 1),
    sign=st.sampled_from([-1, 1]),
)
def test_below_its_limit_the_sum_before_changes_nothing(words, share, sign):
    data = np.frombuffer("".join(words).encode(), np.uint8)
    scratch = make_scratch(len(data))
    count, limit = stable_path(data, 0, len(data), ROUNDED, scratch)
    assume(limit > 0)
    expected = scratch.path[:count].tolist()
    base = np.float32(sign * share * np.nextafter(limit, np.float32(0)))
    count, _ = best_path(data, 0, len(data), base, ROUNDED, scratch)
    assert scratch.path[:count].tolist() == expected


@pytest.mark.parametrize(
    ("both", "limit"),
    [
        # "ab" scores -4, "a" and "b" together -4 too: no sum before it leaves that to more than
        # rounding.
        (-2.0, 0),
        # Together -4.5. Two characters: 2 * 2 * m / 2^24 >= 0.5 only from m = 2^21 on, so the
        # bound is where SentencePiece resets, less the -4.5 - 1 within the span ("b" after "a"
        # reaches furthest).
        (-2.25, 100_000 - 4.5 - 1),
        # Together -4.001: 4 m / 2^24 < 0.001 needs m < 4194.3; 100,000 halved until it is below:
        # 3125, less 4.001 + 1.
        (-2.0005, 3125 - 4.001 - 1),
    ],
)
def test_the_limit_follows_from_the_margin(both, limit):
    model = read_piece_model(learn("unigram"))
    scores = np.full(len(model.pieces), -50, np.float32)
    ids = {piece.decode(): number for number, piece in enumerate(model.pieces)}
    pieces = sorted(piece for piece in ids if len(piece) == 2 and piece.isalpha())
    pair = next(piece for piece in pieces if piece[0] in ids and piece[1] in ids)
    scores[ids[pair]], scores[ids[pair[0]]], scores[ids[pair[1]]] = -4, both, both
    vocabulary = make_vocabulary(model)._replace(scores=scores)
    data = np.frombuffer(pair.encode(), np.uint8)
    count, found = stable_path(data, 0, 2, vocabulary, make_scratch(2))
    assert found == pytest.approx(limit, abs=0.01)
    assert limit == 0 or count == 1
