"""Many terms at once: where any of thousands of words and phrases stands in a batch.

A **token** is a run of letters, digits and marks; of scripts that set no spaces (Han, kana, Thai,
Lao, Khmer, Burmese) each code point is one. A term matches the same tokens whatever their case,
with one space, hyphen or apostrophe between those of a phrase, or none where the term has none.
The longest term from the left counts, once; `american` within `african american` does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from haybale.corpus.documents import text_data, text_offsets
from haybale.quality.characters import TABLE_SIZE, decode, lower_points
from haybale.quality.sensitive.term_pieces import SHAPE_BITS, byte_kinds, mark_shapes
from haybale.quality.sensitive.term_search import search
from haybale.quality.sensitive.term_tokens import (
    BEGINNING,
    FILTER_BITS,
    SINGLE,
    TOKEN,
    joined,
    read_token,
    term_classes,
)

Int64s = npt.NDArray[np.int64]


class TermHits(NamedTuple):
    """Places of terms in order, in a batch.

    Attributes:
        rows: int64[hits].
        terms: int64[hits]: index into the matcher's terms.
    """

    rows: Int64s
    terms: Int64s


class TermTable(NamedTuple):
    """Beginnings of terms, by hash, in an open-addressing table; and what passes over the rest.

    Attributes:
        classes: uint8[TABLE_SIZE]: bits of each code point.
        keys: uint64[size]: hash of the tokens so far; 0: free.
        terms: int64[size]: the term that they are; -1: none.
        goes_on: bool[size]: whether a longer term begins so.
        first: bool[2 ** 16]: whether a term begins with a token of such a hash.
        shapes: bool[2 ** 16]: whether a term's first ASCII word is of such a shape.
    """

    classes: npt.NDArray[np.uint8]
    keys: npt.NDArray[np.uint64]
    terms: Int64s
    goes_on: npt.NDArray[np.bool_]
    first: npt.NDArray[np.bool_]
    shapes: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TermMatcher:
    """Looks for terms.

    Attributes:
        terms: As given, without those that hold no token; equal ones once.
    """

    terms: tuple[str, ...]
    _table: TermTable

    @classmethod
    def of(cls, terms: Iterable[str]) -> "TermMatcher":
        """A matcher of some terms; of those that differ only in case, the first stands for all."""
        wanted = tuple(dict.fromkeys(terms))
        hashes, edges = _beginnings(wanted)
        numbers: dict[int, int] = {}
        prefixes: set[int] = set()
        kept: list[str] = []
        for row, term in enumerate(wanted):
            chain = hashes[edges[row] : edges[row + 1]].tolist()
            if chain and chain[-1] not in numbers:
                numbers[chain[-1]] = len(kept)
                kept.append(term)
                prefixes.update(chain[:-1])
        firsts = hashes[edges[:-1][np.diff(edges) > 0]]
        return cls(tuple(kept), _table(numbers, prefixes, firsts, kept))

    def find(self, texts: pa.Array) -> TermHits:
        """Find every term in every text.

        Args:
            texts: large_string[rows] without nulls; slices are allowed.
        """
        offsets = text_offsets(texts)
        found = search(text_data(texts), offsets, lower_points(), byte_kinds(), self._table)
        return TermHits(found[:, 0].copy(), found[:, 1].copy())


def _beginnings(terms: tuple[str, ...]) -> tuple[npt.NDArray[np.uint64], Int64s]:
    """Hashes of each term's tokens up to each, and which are each term's."""
    texts = pa.array(terms, pa.large_string())
    offsets = text_offsets(texts)
    counts = np.zeros(len(terms) + 1, np.int64)
    hashes = np.empty(int(offsets[-1]), np.uint64)
    _hash_terms(text_data(texts), offsets, term_classes(), lower_points(), hashes, counts)
    edges = np.cumsum(counts)
    return hashes[: edges[-1]], edges


def _table(
    numbers: dict[int, int],
    prefixes: set[int],
    firsts: npt.NDArray[np.uint64],
    terms: list[str],
) -> TermTable:
    keys = sorted(numbers.keys() | prefixes)
    size = 16
    while size < 2 * len(keys):
        size *= 2
    table = TermTable(
        _with_beginnings(terms),
        np.zeros(size, np.uint64),
        np.full(size, -1),
        np.zeros(size, np.bool_),
        np.zeros(1 << FILTER_BITS, np.bool_),
        np.zeros(1 << SHAPE_BITS, np.bool_),
    )
    # Lower case of a code point beyond ASCII may be ASCII, such as that of the Kelvin sign.
    folded = pa.array([term.lower() for term in terms], pa.large_string())
    mark_shapes(text_data(folded), text_offsets(folded), byte_kinds(), table.shapes)
    for key in keys:
        place = key & (size - 1)
        while table.keys[place]:
            place = (place + 1) & (size - 1)
        table.keys[place] = key
        table.terms[place] = numbers.get(key, -1)
        table.goes_on[place] = key in prefixes
    table.first[(firsts >> np.uint64(64 - FILTER_BITS)).astype(np.int64)] = True
    return table


def _with_beginnings(terms: list[str]) -> npt.NDArray[np.uint8]:
    """Classes of code points, those marked with which one of some terms begins, in either case."""
    classes, lower = term_classes().copy(), lower_points()
    points = (np.frombuffer(term.encode("utf-32-le"), np.uint32) for term in terms)
    within = (each[each < TABLE_SIZE] for each in points)
    firsts = [lower[each[(classes[each] & (TOKEN | SINGLE)) > 0][0]] for each in within]
    classes[np.isin(lower, firsts)] |= BEGINNING
    return classes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hash_terms(
    data: Any, offsets: Any, classes: Any, lower: Any, hashes: Any, counts: Any
) -> None:
    num_hashes = 0
    for row in range(len(offsets) - 1):
        at, high, state, before = offsets[row], offsets[row + 1], np.uint64(0), num_hashes
        has_joint = False
        while at < high:
            token, stop = read_token(data, at, high, classes, lower)
            if stop == at:  # anything between the tokens of a term is taken for a joint
                _, width = decode(data, at)
                has_joint = True
                at += width
                continue
            state = token if num_hashes == before else joined(state, token, has_joint)
            hashes[num_hashes] = state
            num_hashes += 1
            at, has_joint = stop, False
        counts[row + 1] = num_hashes - before
