"""How well a vocabulary fits texts: exact counts, and the report that is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from haybale.tokenization.tokenizer import Tokenizer

FORMAT = "haybale/tokenizer-report@1"
REPORT_PATH = "tokenizer/report.json"
OFTEN = 100
"""A piece that is used as often as this had something to learn from."""
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Encoded:
    """Some documents, encoded.

    Attributes:
        documents: How many.
        text_bytes: Their UTF-8 bytes.
        tokens: Their tokens, the EOS of each among them.
        newline_tokens: Of these, byte pieces that stand for a line feed or carriage return.
        byte_tokens: Of these, other byte pieces: a byte of a character that has no piece.
        unknown_tokens: Of these, the unknown piece.
    """

    documents: int = 0
    text_bytes: int = 0
    tokens: int = 0
    newline_tokens: int = 0
    byte_tokens: int = 0
    unknown_tokens: int = 0

    def __add__(self, other: "Encoded") -> "Encoded":
        return Encoded(*map(sum, zip(vars(self).values(), vars(other).values(), strict=True)))

    def as_report(self) -> dict[str, int | float]:
        """The counts, and what follows from them."""
        tokens = self.tokens or 1
        return {
            **vars(self),
            "bytes_per_token": round(self.text_bytes / tokens, 4),
            "byte_fallback_fraction": round(self.byte_tokens / tokens, 6),
        }


def tokenizer_report(
    tokenizer: Tokenizer,
    languages: Mapping[str, Mapping[str, Encoded]],
    pieces: Mapping[str, Int64s],
) -> dict[str, Any]:
    """The report of whole subsets.

    Args:
        tokenizer: The tokenizer.
        languages: Subset to language to counts.
        pieces: Subset to int64[vocabulary]: how often each id was used.
    """
    every = np.zeros(tokenizer.vocabulary_size, np.int64)
    whole, subsets = Encoded(), {}
    for name in sorted(languages):
        total = Encoded()
        named: dict[str, Encoded] = {}
        for language, found in sorted(languages[name].items()):
            total, shown = total + found, language or "unknown"
            named[shown] = named.get(shown, Encoded()) + found
        subsets[name] = {
            **total.as_report(),
            **_used(pieces[name]),
            "languages": {language: found.as_report() for language, found in named.items()},
        }
        whole, every = whole + total, every + pieces[name]
    return {
        "format": FORMAT,
        "tokenizer": tokenizer.digest,
        "encoded_by": tokenizer.encoded_by,
        "vocabulary_size": tokenizer.vocabulary_size,
        "total": {**whole.as_report(), **_used(every)},
        "subsets": subsets,
    }


def _used(pieces: Int64s) -> dict[str, int]:
    return {
        "pieces_used": int(np.count_nonzero(pieces)),
        f"pieces_used_{OFTEN}_times": int(np.count_nonzero(pieces >= OFTEN)),
    }
