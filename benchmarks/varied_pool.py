"""Real documents of one kind with their words marked, ready to be varied."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from varied_kernel import copy_words, fill_varied, mark_words

from haybale.corpus.digests import mix64
from haybale.corpus.documents import text_data, text_offsets

# What stands between tags, outside what is no text.
_SHOWN = re.compile(rb"(?is)<(script|style|noscript|svg|textarea)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>")


@dataclass(frozen=True)
class Pool:
    """Documents of one subset, in groups of one language each.

    Attributes:
        data: uint8: all documents.
        edges: int64[documents + 1]: of documents in data.
        starts: int64[words]: first byte of each word.
        stops: int64[words]: the byte behind it.
        first_words: int64[documents + 1]
        ranks: int32[words]: rank of the word in its group, the most frequent first.
        groups: int32[documents]: group of each document.
        vocabulary: uint8: the different words, group by group, by rank.
        vocabulary_edges: int64[different words + 1]
        group_edges: int64[groups + 1]: of groups in the vocabulary.
    """

    data: np.ndarray
    edges: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    first_words: np.ndarray
    ranks: np.ndarray
    groups: np.ndarray
    vocabulary: np.ndarray
    vocabulary_edges: np.ndarray
    group_edges: np.ndarray

    @property
    def mean_bytes(self) -> float:
        """Of a document."""
        return len(self.data) / (len(self.edges) - 1)

    @classmethod
    def of(cls, documents: Iterable[tuple[str, bytes]], *, is_html: bool) -> "Pool":
        """A pool of documents.

        Args:
            documents: Language and UTF-8 of each.
            is_html: Whether words are only looked for between tags.
        """
        held = sorted(documents, key=lambda document: document[0])
        data = np.frombuffer(b"".join(text for _, text in held), np.uint8)
        edges = np.cumsum([0, *(len(text) for _, text in held)]).astype(np.int64)
        shown = _shown(data.tobytes()) if is_html else np.ones(len(data), np.bool_)
        starts, stops = mark_words(data, shown, edges)
        first_words = np.searchsorted(starts, edges)
        languages, groups = np.unique([language for language, _ in held], return_inverse=True)
        ranks = np.empty(len(starts), np.int32)
        words: list[pa.Array] = []
        sizes = [0]
        for group in range(len(languages)):
            members = np.flatnonzero(groups == group)
            low, high = first_words[members[0]], first_words[members[-1] + 1]
            ranks[low:high], ranked = _ranked(data, starts[low:high], stops[low:high])
            words.append(ranked)
            sizes.append(len(ranked))
        vocabulary = pa.concat_arrays(words)
        return cls(
            data,
            edges,
            starts,
            stops,
            first_words,
            ranks,
            groups.astype(np.int32),
            text_data(vocabulary),
            text_offsets(vocabulary),
            np.cumsum(sizes).astype(np.int64),
        )


def _shown(data: bytes) -> np.ndarray:
    """bool[bytes]: whether a byte of HTML is text that a reader sees."""
    shown = np.ones(len(data), np.bool_)
    for hidden in _SHOWN.finditer(data):
        shown[hidden.start() : hidden.end()] = False
    return shown


def _ranked(data: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, pa.Array]:
    """The rank of each word by frequency, and the different words in that order."""
    offsets = np.concatenate([[0], np.cumsum(stops - starts)]).astype(np.int64)
    copied = copy_words(data, starts, stops, offsets)
    words = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(copied)]
    )
    encoded = words.dictionary_encode()
    codes = encoded.indices.to_numpy()
    order = np.argsort(-np.bincount(codes), kind="stable")
    rank_of = np.empty(len(order), np.int32)
    rank_of[order] = np.arange(len(order), dtype=np.int32)
    return rank_of[codes], encoded.dictionary.take(pa.array(order)).cast(pa.large_binary())


def vary(
    pool: Pool, keys: np.ndarray, edits: np.ndarray, changed: float, rates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Documents made from those of a pool.

    Args:
        pool: Real documents.
        keys: uint64[rows]: equal ones give equal documents, but for edits.
        edits: uint64[rows]: seeds of edits.
        changed: Fraction of a document's vocabulary that is exchanged throughout it.
        rates: float64[rows]: fraction of words that are exchanged one by one besides.

    Returns:
        uint8: the documents in a row.
        int64[rows + 1]: their edges.
    """
    shapes = (mix64(keys) % np.uint64(len(pool.edges) - 1)).astype(np.int64)
    edges = np.zeros(len(keys) + 1, np.int64)
    settings = (shapes, mix64(keys + np.uint64(1 << 62)), mix64(edits), changed, rates)
    arrays = tuple(vars(pool).values())
    fill_varied(*arrays, *settings, np.empty(0, np.uint8), edges)
    out = np.empty(edges[-1], np.uint8)
    fill_varied(*arrays, *settings, out, edges)
    return out, edges
