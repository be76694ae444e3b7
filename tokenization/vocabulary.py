"""A model's pieces as kernels use them, and the memory that kernels work in."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from haybale.tokenization.boundaries import find_joins
from haybale.tokenization.piece_model import (
    BPE,
    BYTE,
    NORMAL,
    SPACE,
    UNKNOWN,
    USER_DEFINED,
    PieceModel,
)
from haybale.tokenization.trie import build_trie

UNKNOWN_PENALTY = np.float32(10)
"""An unknown character scores this much below the least normal piece (kUnkPenalty of SentencePiece,
`unigram_model.cc`)."""


class Vocabulary(NamedTuple):
    """Pieces, with a space where the model has U+2581, which stands for one.

    Attributes:
        units: uint64[...], of `haybale.tokenization.trie.Trie`.
        nodes: int32[...], of the same.
        ascii_joins: bool[128 * 128], of `haybale.tokenization.boundaries.Joins`.
        other_joins: uint8[...], of the same.
        scores: float32[pieces].
        piece_bytes: int32[pieces]: of UTF-8, a space counted as one.
        byte_ids: int32[256], or int32[0] where nothing is encoded by its bytes.
        unknown: Id of the unknown piece.
        unknown_score: float32.
    """

    units: npt.NDArray[np.uint64]
    nodes: npt.NDArray[np.int32]
    ascii_joins: npt.NDArray[np.bool_]
    other_joins: npt.NDArray[np.uint8]
    scores: npt.NDArray[np.float32]
    piece_bytes: npt.NDArray[np.int32]
    byte_ids: npt.NDArray[np.int32]
    unknown: int
    unknown_score: np.float32


def make_vocabulary(model: PieceModel) -> Vocabulary:
    """What kernels need of a model that `haybale.tokenization.spans.is_separable`."""
    found = model.ids_of(NORMAL, USER_DEFINED)
    # Normalised text has no plain space, so a piece that has one is never found.
    found = np.array([number for number in found if b" " not in model.pieces[number]], np.int64)
    pieces = [model.pieces[number].replace(SPACE, b" ") for number in found]
    trie, joins = build_trie(pieces, found.astype(np.int32)), find_joins(pieces)
    scores = model.scores.copy()
    if model.kind == BPE:
        scores = _ranks(scores)
    for number in model.ids_of(USER_DEFINED):
        # GetUserDefinedScore of `unigram_model.cc`: in double, then cut to float.
        scores[number] = np.float32(0.1 * (len(model.pieces[number]) - 1))
    byte_ids = np.empty(0, np.int32)
    if model.byte_fallback:
        byte_ids = np.empty(256, np.int32)
        for number in model.ids_of(BYTE):  # <0x0A>
            byte_ids[int(model.pieces[number][3:5], 16)] = number
            scores[number] = 0  # of the unknown character that it is a byte of, counted once
    unknown = max(model.ids_of(UNKNOWN), default=-1)  # there may be none where there are bytes
    least = model.scores[model.types == NORMAL].min(initial=np.float32(np.finfo(np.float32).max))
    lengths = [len(piece.replace(SPACE, b" ")) for piece in model.pieces]
    return Vocabulary(
        trie.units,
        trie.ids,
        joins.ascii,
        joins.others,
        scores,
        np.array(lengths, np.int32),
        byte_ids,
        int(unknown),
        np.float32(least - UNKNOWN_PENALTY),
    )


def _ranks(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scores as their ranks, in SentencePiece's order of merges: it compares them by their bits.

    So -0.0 is below 0.0, and what is no number has a place: see `SymbolPairComparator` in
    `bpe_model.cc`. Ranks are exact, being less than 2^24.
    """
    bits = scores.view(np.int32)
    keys = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return np.asarray(np.unique(keys, return_inverse=True)[1], np.float32)


class Scratch(NamedTuple):
    """Memory for the segmentation of one span; each array has a place for each byte and the end.

    Attributes:
        sums: float32: best sums as they round.
        exact: float64: best sums.
        seconds: float64: second best sums.
        froms: int32.
        ends: int32.
        nodes: int32.
        ids: int32.
        path: int32: the pieces found.
    """

    sums: npt.NDArray[np.float32]
    exact: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]
    froms: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.int32]
    ids: npt.NDArray[np.int32]
    path: npt.NDArray[np.int32]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def make_scratch(max_bytes: Any) -> Any:
    """Room for spans of up to so many bytes."""
    size = max_bytes + 4  # a span of one byte may be a space, which has three ids
    return Scratch(
        np.empty(size, np.float32),
        np.empty(size, np.float64),
        np.empty(size, np.float64),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
    )
