"""Overlaps: how much of which evaluation item a document holds, and where."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from haybale.pipeline.decontamination.items import ItemNgrams
from haybale.pipeline.shuffle import run_starts

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]

OVERLAP = np.dtype(
    [
        ("row", "i8"),
        ("item", "i8"),
        ("shared", "i8"),
        ("total", "i8"),
        ("run_words", "i8"),
        ("start", "i8"),
        ("stop", "i8"),
    ]
)
"""A document and an item that share n-grams: how many distinct ones, of how many; the words of the
longest run of the item's n-grams, one word apart, in the document; its first byte and the byte
behind its last."""


def find_overlaps(
    hits: Rows, ngrams: ItemNgrams, common: Bools, modes: Int64s, num_ngrams: Int64s
) -> tuple[Rows, Int64s, Int64s]:
    """From n-grams in documents to overlaps with items.

    Args:
        hits: HIT.
        ngrams: Whose entries the hits name.
        common: bool[n-grams]: which do not count.
        modes: int64[items]: 1 where overlap is Jaccard similarity, 0 where it is containment.
        num_ngrams: int64[hits]: distinct n-grams of the hit's document, of the hit's length; used
            for Jaccard similarity alone.

    Returns:
        OVERLAP, sorted by row and item.
        Hits, each with every item that holds its n-gram: places of hits int64[...], and of
        overlaps int64[...].
    """
    counted = np.flatnonzero(~common[hits["entry"]])
    entries = hits["entry"][counted].astype(np.int64)
    sizes = ngrams.starts[entries + 1] - ngrams.starts[entries]
    places = np.repeat(counted, sizes)
    within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    items = ngrams.items[np.repeat(ngrams.starts[entries], sizes) + within]
    order = np.lexsort((hits["word"][places], items, hits["row"][places]))
    places, items = places[order], items[order]
    rows, words = hits["row"][places], hits["word"][places].astype(np.int64)
    starts = run_starts(rows, items)
    ends = np.r_[starts[1:], len(places)]
    overlap_of = np.repeat(np.arange(len(starts)), ends - starts)
    out = np.zeros(len(starts), OVERLAP)
    if len(starts) == 0:
        return out, places, overlap_of
    out["row"], out["item"] = rows[starts], items[starts]
    pairs = np.unique(np.stack([overlap_of, hits["entry"][places].astype(np.int64)]), axis=1)
    out["shared"] = np.bincount(pairs[0], minlength=len(out))
    held = _held(ngrams, common)[out["item"]]
    united = num_ngrams[places[starts]] + held - out["shared"]
    out["total"] = np.where(modes[out["item"]] == 1, united, held)
    _longest_runs(out, hits[places], overlap_of, words, ngrams.lengths[out["item"]])
    return out, places, overlap_of


def _held(ngrams: ItemNgrams, common: Bools) -> Int64s:
    """int64[items]: distinct n-grams that count."""
    owners = np.repeat(common, np.diff(ngrams.starts))
    lost = np.bincount(ngrams.items[owners], minlength=len(ngrams.counts))
    return ngrams.counts - lost


def _longest_runs(
    out: Rows, hits: Rows, overlap_of: Int64s, words: Int64s, lengths: Int64s
) -> None:
    """Fill in `run_words`, `start` and `stop`; hits sorted by overlap and word."""
    begins = np.ones(len(hits), np.bool_)
    begins[1:] = (overlap_of[1:] != overlap_of[:-1]) | (words[1:] > words[:-1] + 1)
    first = np.flatnonzero(begins)
    last = np.r_[first[1:], len(hits)] - 1
    run_of = overlap_of[first]
    size = words[last] - words[first] + lengths[run_of]
    # The longest of each overlap, the earliest of equally long ones.
    order = np.lexsort((first, -size, run_of))
    best = order[run_starts(run_of[order])]
    out["run_words"] = size[best]
    out["start"], out["stop"] = hits["start"][first[best]], hits["stop"][last[best]]


def exceeds(shared: Int64s, total: Int64s, threshold: Fraction, mode: str) -> Bools:
    """Which overlaps make a document contaminated: at the threshold, above it with Jaccard."""
    left, right = shared * threshold.denominator, total * threshold.numerator
    return left > right if mode == "jaccard" else left >= right


def spans(starts: Int64s, stops: Int64s) -> list[tuple[int, int]]:
    """The union of spans of one document, in order; those that touch are one."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(zip(starts.tolist(), stops.tolist(), strict=True)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
