"""A span is found again if and only if it was kept, and nothing else was put in its place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.tokenization.span_cache import (
    COUNT_MASK,
    IDS,
    MAX_SPAN_BYTES,
    NUM_WAYS,
    SIZE,
    find_span,
    first_slot,
    keep_span,
    make_cache,
)


def look(cache, span):
    data = np.frombuffer(span + b"\xff" * 8, np.uint8)
    first = first_slot(cache.words, data, 0, len(span))
    return find_span(cache.words, cache.halves, first, data, 0, len(span))


def keep(cache, span, ids):
    data = np.frombuffer(span, np.uint8)
    keep_span(cache, data, 0, len(span), np.array(ids, np.int32), len(ids), np.float32(1))


SPANS = st.binary(min_size=1, max_size=MAX_SPAN_BYTES)


@settings(deadline=None)
@given(spans=st.lists(SPANS, max_size=40), other=SPANS)
def test_a_span_is_found_with_its_own_ids_or_not_at_all(spans, other):
    cache = make_cache(16)
    for number, span in enumerate(spans):
        keep(cache, span, [number, len(span)])
    for span in [*spans, other]:
        slot = look(cache, span)
        if slot >= 0:
            assert cache.halves[slot, SIZE] & COUNT_MASK == 2
            number, num_bytes = cache.halves[slot, IDS : IDS + 2].tolist()
            assert spans[number] == span
            assert num_bytes == len(span)
    if spans:
        assert look(cache, spans[-1]) >= 0
    assert (look(cache, other) >= 0) <= (other in spans)


@pytest.mark.parametrize(
    ("kept", "other"),
    [
        (b"abcdefgh", b"abcdefghi"),
        (b"abcdefghi", b"abcdefgh"),
        (b"a", b"a\0"),
        (b"a\0", b"a"),
        (b"abcdefgh12345678", b"abcdefgh12345679"),
        (b"abcdefgh123456781", b"abcdefgh123456782"),
        (b"x" * 32, b"x" * 31 + b"y"),
    ],
)
def test_spans_that_begin_alike_are_told_apart(kept, other):
    cache = make_cache(NUM_WAYS)  # one set: every span has the same slots
    keep(cache, kept, [7])
    assert look(cache, kept) >= 0
    assert look(cache, other) == -1


def test_a_full_set_takes_the_latest_in_the_place_of_one_other():
    cache = make_cache(NUM_WAYS)
    spans = [bytes([65 + number]) for number in range(6)]
    for number, span in enumerate(spans):
        keep(cache, span, [number])
        assert look(cache, span) >= 0
    assert sum(look(cache, span) >= 0 for span in spans) == NUM_WAYS
