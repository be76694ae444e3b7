"""Runs in an environment of its own: which words a suffix array says are repeated.

python repeats_peer.py TEXTS.jsonl MIN_WORDS OUT.npy

A line of TEXTS.jsonl is `[id, text]`. Leaves uint8[words] of all texts in order: 1 where a word is
cut. The definition of a word is written down again here, in plain Python.
"""

import json
import re
import resource
import sys
import time
import unicodedata
from pathlib import Path

LONE = (
    "CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI SYLLABLE", "THAI", "LAO", "KHMER", "MYANMAR",
    "TIBETAN", "JAVANESE", "TAI THAM", "NEW TAI LUE", "TAI LE",
)  # fmt: skip
MARKS = ("Mn", "Mc", "Me", "Cf")


def _one_of(points: list[int]) -> str:
    """A class of characters, by ranges."""
    ranges: list[list[int]] = []
    for point in points:
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)


def word_pattern() -> re.Pattern[str]:
    """A character and its marks in scripts without spaces, else a run without white space."""
    # Above this the kernels know of no classes.
    every = range(0x32400)
    marks = [p for p in every if unicodedata.category(chr(p)) in MARKS]
    lone = [
        p
        for p in every
        if unicodedata.category(chr(p))[0] in "LN" and unicodedata.name(chr(p), "").startswith(LONE)
    ]
    return re.compile(f"[{_one_of(lone)}][{_one_of(marks)}]*|[^\\s{_one_of(lone)}]+")


def main() -> None:
    import numpy as np
    from pydivsufsort import divsufsort, kasai

    path, length, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    pattern = word_pattern()
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    numbers: dict[str, int] = {}
    pieces = [
        np.array(
            [numbers.setdefault(word, len(numbers)) for word in pattern.findall(text)], np.int64
        )
        for _, text in rows
    ]
    counts = np.array([len(piece) for piece in pieces])
    starts = np.cumsum(counts + 1) - counts - 1
    size = int(counts.sum() + len(counts))
    sequence = np.empty(size, np.int64)
    owner = np.repeat(np.arange(len(rows)), counts + 1)
    for number, (start, piece) in enumerate(zip(starts, pieces, strict=True)):
        sequence[start : start + len(piece)] = piece
        # Each text ends with a number of its own, so that no run goes over its end.
        sequence[start + len(piece)] = len(numbers) + number
    begin = time.process_time()
    order = divsufsort(sequence)
    common = kasai(sequence, order)
    # Neighbours in the order that share their first words form a group, of which one stays: that
    # in the text of the smallest id, at the smallest position.
    rank = np.empty(len(rows), np.int64)
    rank[np.argsort([row[0] for row in rows], kind="stable")] = np.arange(len(rows))
    along = np.r_[False, common[: size - 1] >= length]
    group = np.cumsum(~along)
    sizes = np.bincount(group)
    repeated = sizes[group] > 1
    order, group = order[repeated].astype(np.int64), group[repeated]
    by = np.lexsort((order, rank[owner[order]], group))
    order, group = order[by], group[by]
    others = order[1:][group[1:] == group[:-1]]
    cover = np.zeros(size + length, np.int64)
    np.add.at(cover, others, 1)
    np.add.at(cover, others + length, -1)
    cut = np.cumsum(cover)[:size] > 0
    seconds = time.process_time() - begin
    ends = np.zeros(size, np.bool_)
    ends[starts + counts] = True
    np.save(out, cut[~ends].astype(np.uint8))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak, "words": int(counts.sum())}))


if __name__ == "__main__":
    main()
