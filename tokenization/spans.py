"""Encodes text span by span: what stands between two boundaries that no piece crosses.

Natural text repeats its words, so nearly every span was met before and its ids are in the cache.
For a unigram model the sum of all scores before the span is carried along, as SentencePiece does,
because near-ties hang on it: see `haybale.tokenization.unigram`.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.tokenization.boundaries import find_spans
from haybale.tokenization.bpe import merge_path
from haybale.tokenization.characters import prefetch_row
from haybale.tokenization.piece_model import (
    BPE,
    NORMAL,
    SPACE,
    UNIGRAM,
    UNUSED,
    USER_DEFINED,
    PieceModel,
)
from haybale.tokenization.span_cache import (
    LIMIT,
    MAX_SPAN_BYTES,
    MAX_SPAN_PIECES,
    NUM_SLOTS,
    NUM_WAYS,
    find_span,
    first_slot,
    make_cache,
)
from haybale.tokenization.span_ids import keep_path, sum_path, write_kept, write_path
from haybale.tokenization.unigram import best_path, stable_path
from haybale.tokenization.vocabulary import make_scratch, make_vocabulary

COUNTS = ("spans", "encoded", "in_context")
"""What is counted: spans; those encoded because the cache had none; those encoded in context,
because they are too long for the cache or because rounding may decide."""

LOOKAHEAD = 64
_USUAL_SPAN_BYTES = 1 << 12


def is_separable(model: PieceModel) -> bool:
    """Whether what stands on either side of a boundary is encoded independently.

    Models by word or by character are not worth it. User-defined and unused pieces are looked for
    before, and split after, byte-pair encoding, in ways that are left to SentencePiece; so are
    pieces that are no UTF-8, whose characters no boundary parts.
    """
    if not model.escapes_spaces or model.kind not in (UNIGRAM, BPE):
        return False
    if model.kind == BPE and len(model.ids_of(USER_DEFINED, UNUSED)):
        return False
    return all(_is_utf8(model.pieces[at]) for at in model.ids_of(NORMAL, USER_DEFINED))


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Settings(NamedTuple):
    is_unigram: bool
    uses_cache: bool
    eos_id: int


class SpanEncoder:
    """Encodes normalised text; remembers spans over all batches.

    Args:
        model: One that `is_separable`.
        eos_id: The id that ends every document.
        num_slots: Of the cache; a power of two, 64 bytes each. 0: no cache.
    """

    def __init__(self, model: PieceModel, eos_id: int, num_slots: int = NUM_SLOTS) -> None:
        self._vocabulary = make_vocabulary(model)
        self._cache = make_cache(max(NUM_WAYS, num_slots))
        self._settings = _Settings(model.kind == UNIGRAM, num_slots > 0, eos_id)
        self._scratch = make_scratch(_USUAL_SPAN_BYTES)
        # A space that no piece is found for is three bytes of U+2581.
        has_space = any(model.pieces[at] == SPACE for at in model.ids_of(NORMAL, USER_DEFINED))
        self._max_ids_per_byte = 1 if has_space or not model.byte_fallback else 3
        self.counts = np.zeros(len(COUNTS), np.int64)

    def forget(self) -> None:
        """Empty the cache, and count anew."""
        self._cache.words[:] = 0
        self.counts[:] = 0

    def encode(
        self, data: npt.NDArray[np.uint8], edges: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
        """Encode texts.

        Args:
            data: uint8[...]: normalised UTF-8, with a space for each U+2581.
            edges: int64[texts + 1]: where each text begins.

        Returns:
            int64[texts + 1]: where each text's ids begin; uint32[ids]: each text's end with EOS.
        """
        most = int(edges[-1] - edges[0]) * self._max_ids_per_byte + len(edges)
        ids = np.empty(most + MAX_SPAN_PIECES, np.uint32)
        offsets = np.zeros(len(edges), np.int64)
        _encode(
            data,
            edges,
            self._vocabulary,
            self._cache,
            self._scratch,
            self._settings,
            ids,
            offsets,
            self.counts,
        )
        return offsets, ids[: offsets[-1]]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _encode(
    data: Any,
    edges: Any,
    vocabulary: Any,
    cache: Any,
    scratch: Any,
    settings: Any,
    ids: Any,
    offsets: Any,
    counts: Any,
) -> None:
    # Out of the loop: Numba counts references at each access to a tuple's member.
    words, halves, limits = cache.words, cache.halves, cache.limits
    ascii_joins, other_joins = vocabulary.ascii_joins, vocabulary.other_joins
    scores, unknown_score = vocabulary.scores, vocabulary.unknown_score
    ends, slots = np.empty(LOOKAHEAD, np.int64), np.empty(LOOKAHEAD, np.int64)
    cursor = 0
    for row in range(len(edges) - 1):
        at, stop = edges[row], edges[row + 1]
        total, after_unknown = np.float32(0), False
        while at < stop:
            # Spans are found some way ahead, and their slots asked for, so that memory has time.
            num_ahead = find_spans(data, at, stop, ascii_joins, other_joins, ends)
            start = at
            for ahead in range(num_ahead):
                slots[ahead] = first_slot(words, data, start, ends[ahead] - start)
                prefetch_row(words, slots[ahead])
                start = ends[ahead]
            counts[0] += num_ahead
            for ahead in range(num_ahead):
                end = ends[ahead]
                slot = find_span(words, halves, slots[ahead], data, at, end - at)
                if slot >= 0 and abs(total) < limits[slot, LIMIT]:
                    cursor, total = write_kept(
                        halves, slot, scores, unknown_score, ids, cursor, total
                    )
                    after_unknown = False
                else:
                    (cursor, after_unknown), total = _encode_span(
                        data,
                        at,
                        end,
                        total,
                        after_unknown,
                        vocabulary,
                        cache,
                        slot,
                        scratch,
                        settings,
                        ids,
                        cursor,
                        counts,
                    )
                at = end
        ids[cursor] = settings.eos_id
        cursor += 1
        offsets[row + 1] = cursor


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _encode_span(
    data: Any,
    at: Any,
    end: Any,
    total: Any,
    after_unknown: Any,
    vocabulary: Any,
    cache: Any,
    slot: Any,
    scratch: Any,
    settings: Any,
    ids: Any,
    cursor: Any,
    counts: Any,
) -> Any:
    """A span that the cache does not have, or not for this sum before it."""
    if end - at > _USUAL_SPAN_BYTES:
        scratch = make_scratch(end - at)
    if slot < 0 and settings.uses_cache and end - at <= MAX_SPAN_BYTES:
        counts[1] += 1
        limit = np.float32(np.inf)
        if settings.is_unigram:
            count, limit = stable_path(data, at, end, vocabulary, scratch)
        else:
            count = merge_path(data, at, end, vocabulary, scratch)
        keep_path(data, at, end, vocabulary, cache, scratch, count, limit)
        if abs(total) < limit:
            total = sum_path(scratch.path, count, total, vocabulary)
            return write_path(
                data, at, vocabulary, scratch.path, count, ids, cursor, after_unknown
            ), total
    counts[2] += 1
    if settings.is_unigram:
        count, total = best_path(data, at, end, total, vocabulary, scratch)
    else:
        count = merge_path(data, at, end, vocabulary, scratch)
    return write_path(data, at, vocabulary, scratch.path, count, ids, cursor, after_unknown), total
