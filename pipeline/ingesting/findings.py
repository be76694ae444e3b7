"""What ingest finds of people in a batch, masks where asked, and counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.documents import text_offsets
from haybale.quality.sensitive.identity_terms import identity_terms
from haybale.quality.sensitive.masking import mask_personal_data
from haybale.quality.sensitive.personal_data import KINDS
from haybale.quality.sensitive.word_list import WordList

Int64s = npt.NDArray[np.int64]

WORD_LIST = "word_list/words@1"
"""Words of the list of the text's language: measured, never a reason to drop."""


@dataclass
class Findings:
    """Of a batch.

    Attributes:
        texts: large_string[rows]: with personal data masked.
        read_bytes: int64[rows]: of texts as read, before anything was masked.
        counts: What to int64[rows]: how often it occurs.
        measured: What to float64[rows] for `measures/`; null where it says nothing.
        taken: Mask to int64[rows]: bytes that it took out.
        inserted: Mask to int64[rows]: bytes of the tokens that it put there.
    """

    texts: pa.Array
    read_bytes: Int64s
    counts: dict[str, Int64s] = field(default_factory=dict)
    measured: dict[str, pa.Array] = field(default_factory=dict)
    taken: Mapping[str, Int64s] = field(default_factory=dict)
    inserted: Mapping[str, Int64s] = field(default_factory=dict)


def mask_people(texts: pa.Array, kinds: tuple[str, ...], *, count: bool) -> Findings:
    """Mask and count personal data, which takes no knowledge of languages.

    Args:
        texts: large_string[rows].
        kinds: Of personal data to mask.
        count: Whether to count every kind; else only what is masked.
    """
    read_bytes = np.diff(text_offsets(texts))
    if not kinds and not count:
        return Findings(texts, read_bytes)
    masking = mask_personal_data(texts, kinds)
    counted = KINDS if count else kinds
    return Findings(
        masking.texts,
        read_bytes,
        counts={f"personal_data/{kind}@1": masking.found[:, KINDS.index(kind)] for kind in counted},
        taken={mask_name(kind): masking.taken[:, KINDS.index(kind)] for kind in kinds},
        inserted={mask_name(kind): masking.inserted[:, KINDS.index(kind)] for kind in kinds},
    )


def count_identity(found: Findings, languages: pa.Array) -> None:
    """Add pronouns and identity terms.

    Args:
        found: Of the batch.
        languages: string[rows], identified.
    """
    terms = identity_terms()
    found.counts |= dict(zip(terms.names, terms.count(found.texts, languages).T, strict=True))


def count_words(found: Findings, languages: pa.Array, words: WordList) -> None:
    """Add what the word list finds.

    Args:
        found: Of the batch.
        languages: string[rows], identified.
        words: The list.
    """
    counts, listed = words.count(found.texts, languages)
    found.counts[WORD_LIST] = counts
    found.measured[WORD_LIST] = pa.array(counts.astype(np.float64), mask=~listed)


def mask_name(kind: str) -> str:
    """What the ledger calls a mask."""
    return f"mask/{kind}@1"
