"""The most probable segmentation of a span, as SentencePiece's unigram model computes it.

SentencePiece (0.2.3, `unigram::Model::EncodeOptimized`) adds the scores of pieces in float32 from
the beginning of the text, so near-ties within a span are decided by how the sum before it rounds.
`best_path` does just that, from the sum before the span. `stable_path` finds the segmentation in
all but exact arithmetic, and for which sums before it the rounding cannot matter.
"""

from typing import Any

import numpy as np
from numba import njit

from haybale.tokenization.characters import character_bytes
from haybale.tokenization.trie import NO_PIECE, piece_at, step

RESET_SCORE = 100_000.0
"""Beyond this magnitude SentencePiece moves the sum back to zero (kScoreResetThreshold)."""


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def best_path(data: Any, start: Any, stop: Any, base: Any, vocabulary: Any, scratch: Any) -> Any:
    """Segment data[start:stop] exactly as SentencePiece does after a sum of `base`.

    Args:
        data: uint8[...]: normalised text, with a space for each U+2581.
        start: First byte; a boundary.
        stop: Behind the last byte; a boundary.
        base: float32: sum of the scores before.
        vocabulary: Of the model.
        scratch: `path` is filled with the pieces' ids.

    Returns:
        Number of pieces; float32: the sum after the span.
    """
    sums, froms, ids = scratch.sums, scratch.froms, scratch.ids
    units, nodes, scores = vocabulary.units, vocabulary.nodes, vocabulary.scores
    unknown, unknown_score = vocabulary.unknown, vocabulary.unknown_score
    size = stop - start
    for place in range(size + 1):
        froms[place] = -1
    sums[0] = base
    at, frontier = 0, 0
    while at < size:
        if abs(sums[at]) > np.float32(RESET_SCORE):
            _reset(sums, froms, at, frontier)
        here = sums[at]
        num_bytes = character_bytes(data[start + at])
        has_single, node, end = False, 0, at
        while end < size:
            node = step(units, node, data[start + end])
            if node == 0:
                break
            end += 1
            number = piece_at(units, nodes, node)
            if number != NO_PIECE:
                candidate = np.float32(scores[number] + here)
                if froms[end] == -1 or candidate > sums[end]:
                    sums[end], froms[end], ids[end] = candidate, at, number
                has_single |= end - at == num_bytes
                frontier = max(frontier, end)
        if not has_single:
            end = at + num_bytes
            candidate = np.float32(unknown_score + here)
            if froms[end] == -1 or candidate > sums[end]:
                sums[end], froms[end], ids[end] = candidate, at, unknown
            frontier = max(frontier, end)
        at += num_bytes
    return _backtrack(size, froms, ids, scratch.path), sums[size]


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _reset(sums: Any, froms: Any, at: Any, frontier: Any) -> None:
    """Take the sum at a place from all sums from there on, as SentencePiece does."""
    offset = sums[at]
    sums[at] = np.float32(0)
    for other in range(at + 1, frontier + 1):
        if froms[other] != -1:
            sums[other] -= offset


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def stable_path(data: Any, start: Any, stop: Any, vocabulary: Any, scratch: Any) -> Any:
    """Segment data[start:stop], and find how large the sum before it may be.

    Take u for half the distance of neighbouring float32 numbers at the size of the sums within the
    span. Every addition is off by at most u, so within a span of n characters every sum is off by
    at most n u, and a choice between candidates that are more than 2 n u apart comes out as it
    should. The segmentation is the same for every sum before it if that holds at each choice on
    its path.

    Args:
        data: As `best_path`, and so are the others.
        start: First byte.
        stop: Behind the last byte.
        vocabulary: Of the model.
        scratch: `path` is filled with the pieces' ids.

    Returns:
        Number of pieces; float32: the magnitude below which the sum before the span must lie, 0
        where the segmentation hangs on rounding wherever it stands.
    """
    exact, seconds, froms, ids = scratch.exact, scratch.seconds, scratch.froms, scratch.ids
    units, nodes, scores = vocabulary.units, vocabulary.nodes, vocabulary.scores
    unknown, unknown_score = vocabulary.unknown, vocabulary.unknown_score
    size = stop - start
    for place in range(size + 1):
        exact[place] = seconds[place] = -np.inf
    exact[0] = 0.0
    at, num_characters, reach = 0, 0, 0.0
    while at < size:
        here = exact[at]
        num_bytes = character_bytes(data[start + at])
        has_single, node, end = False, 0, at
        while end < size:
            node = step(units, node, data[start + end])
            if node == 0:
                break
            end += 1
            number = piece_at(units, nodes, node)
            if number != NO_PIECE:
                candidate = here + np.float64(scores[number])
                _offer(exact, seconds, froms, ids, at, end, number, candidate)
                has_single |= end - at == num_bytes
                reach = max(reach, abs(candidate))
        if not has_single:
            candidate = here + np.float64(unknown_score)
            _offer(exact, seconds, froms, ids, at, at + num_bytes, unknown, candidate)
            reach = max(reach, abs(candidate))
        at += num_bytes
        num_characters += 1
    margin, end = np.inf, size
    while end > 0:
        margin = min(margin, exact[end] - seconds[end])
        end = froms[end]
    return _backtrack(size, froms, ids, scratch.path), _limit(margin, num_characters, reach)


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _offer(
    exact: Any, seconds: Any, froms: Any, ids: Any, at: Any, end: Any, number: Any, candidate: Any
) -> None:
    """Take a piece from `at` to `end` if nothing better ends there; the second best is kept."""
    if candidate > exact[end]:
        seconds[end] = exact[end]
        exact[end], froms[end], ids[end] = candidate, at, number
    elif candidate > seconds[end]:
        seconds[end] = candidate


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _limit(margin: Any, num_characters: Any, reach: Any) -> Any:
    """The largest magnitude at which rounding cannot bridge the margin, and no reset is met."""
    most = RESET_SCORE
    # Half the distance of float32 numbers of magnitude x is at most x / 2^24.
    while most > 1.0 and 2.0 * num_characters * most * 2.0**-24 >= margin:
        most *= 0.5
    # `reach` is how far the sums move within the span; one more for what they are off.
    return np.float32(max(0.0, most - reach - 1.0))


@njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _backtrack(size: Any, froms: Any, ids: Any, path: Any) -> Any:
    count, end = 0, size
    while end > 0:
        count += 1
        end = froms[end]
    place, end = count, size
    while end > 0:
        place -= 1
        path[place] = ids[end]
        end = froms[end]
    return count
