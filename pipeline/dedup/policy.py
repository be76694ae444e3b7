"""The policy: which of two duplicates survives, as 128 bits that sort like it.

The document with the smallest rank survives, then the one whose text has the smallest digest.
Nothing here depends on the order in which documents arrive, or on how the input was split.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import UInt64s

Criterion = Literal["priority", "longest", "score", "oldest"]

_BITS: Mapping[str, int] = {"priority": 16, "longest": 40, "score": 16, "oldest": 40}
"""Widths of the criteria; all four together fit into a rank."""
EARLIER = 0
"""Both words of the rank of documents of an earlier corpus: these always survive."""
_OURS = np.uint64(1 << 63)
_RANK_BITS = 1  # of every rank, before its criteria: whether it is of this build
_DIGEST_BITS = 32
_ID_BITS = 64  # fewer, and two of many equal texts would begin alike: addresses would decide
UNKNOWN_TIME = (1 << 40) - 1
"""A document without a time that can be read counts as the youngest."""


def ranks(keep: Sequence[Criterion], values: Mapping[str, npt.NDArray[np.int64]]) -> UInt64s:
    """Ranks of documents, the smallest survives.

    Args:
        keep: Criteria, the first decides first.
        values: For each criterion int64[documents]: `priority`, place of the subset; `longest`,
            UTF-8 bytes of text; `score`, steps of a score; `oldest`, seconds, see `seconds`.

    Returns:
        uint64[documents, 2], the upper word first; the same for all without criteria. Greater than
        EARLIER.
    """
    num_rows = len(next(iter(values.values())))
    out = np.zeros((num_rows, 2), np.uint64)
    out[:, 0] = _OURS
    free = 127
    for criterion in keep:
        bits = _BITS[criterion]
        most = (1 << bits) - 1
        value = np.clip(values[criterion], 0, most)
        if criterion in ("longest", "score"):  # more is better
            value = most - value
        free -= bits
        _put(out, value.astype(np.uint64), free)
    return out


def hub_words(keep: Sequence[Criterion], *, equal_ranks: bool) -> int:
    """How many words tell who is preferred in a bucket: 2 to 4, each shuffled for every band.

    Args:
        keep: The criteria of the ranks.
        equal_ranks: Whether documents of one bucket may have all three words of their ranks in
            common, so that their ids decide.
    """
    ties = 64 + _ID_BITS if equal_ranks else _DIGEST_BITS
    return max(2, -(-(_rank_bits(keep) + ties) // 64))


def hub_order(rank: UInt64s, ids: UInt64s, keep: Sequence[Criterion], num_words: int) -> UInt64s:
    """Rank and id in a few words: what the criteria fill, then the digest, then the id, as fits.

    Whom the policy prefers in a bucket has to be whom it prefers among duplicates: a hub that is
    removed for another document stands for nobody.

    Args:
        rank: uint64[documents, 3]: two words as `ranks` gives them, and one of the text's digest.
        ids: uint64[documents, 2].
        keep: The criteria of these ranks.
        num_words: At least 2, see `hub_words`.

    Returns:
        uint64[documents, words] to sort by, the first word first.
    """
    used = _rank_bits(keep)
    out = np.zeros((len(rank), num_words), np.uint64)
    out[:, :2] = rank[:, :2]
    for start, value in ((used, rank[:, 2]), (used + 64, ids[:, 0])):
        word, shift = divmod(start, 64)
        if word < num_words:
            out[:, word] |= value >> np.uint64(shift)
        if shift and word + 1 < num_words:
            out[:, word + 1] |= value << np.uint64(64 - shift)
    return out


def _rank_bits(keep: Sequence[Criterion]) -> int:
    return _RANK_BITS + sum(_BITS[criterion] for criterion in keep)


def _put(out: UInt64s, value: UInt64s, shift: int) -> None:
    """Set bits [shift, shift + width of the value) of 128-bit numbers, two words each."""
    if shift >= 64:
        out[:, 0] |= value << np.uint64(shift - 64)
        return
    out[:, 1] |= value << np.uint64(shift)
    if shift:
        out[:, 0] |= value >> np.uint64(64 - shift)


def seconds(timestamps: pa.Array) -> npt.NDArray[np.int64]:
    """Seconds since the year 1 of ISO 8601 timestamps, in UTC; UNKNOWN_TIME where none is read."""
    return np.array([_seconds(text) for text in timestamps.to_pylist()], np.int64)


def _seconds(text: Any) -> int:
    if not text:
        return UNKNOWN_TIME
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return UNKNOWN_TIME
    if time.tzinfo is not None:
        try:
            time = time.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            return UNKNOWN_TIME
    since = time - datetime(1, 1, 1)
    return since.days * 86_400 + since.seconds
