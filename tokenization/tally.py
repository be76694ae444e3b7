"""Counts encoded documents by language, and how often each piece is used; adds up in any order."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from haybale.corpus.documents import text_offsets
from haybale.tokenization.report import Encoded
from haybale.tokenization.tokenizer import Tokenizer, Tokens

NEWLINES = ("<0x0A>", "<0x0D>")
"""Byte pieces that stand for what ends a line; not for want of a piece, since none may hold it."""

_PLAIN, _NEWLINE, _BYTE, _UNKNOWN = range(4)
_NUM_KINDS = 4


class PieceKinds:
    """Which ids are counted apart.

    Args:
        tokenizer: Whose ids.

    Attributes:
        by_id: uint8[vocabulary]: plain, newline, byte or unknown.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.by_id = np.full(tokenizer.vocabulary_size, _PLAIN, np.uint8)
        for number in tokenizer.byte_ids.tolist():
            self.by_id[number] = _NEWLINE if tokenizer.piece(number) in NEWLINES else _BYTE
        if tokenizer.unk_id >= 0:
            self.by_id[tokenizer.unk_id] = _UNKNOWN


@dataclass
class Tally:
    """Counts of one subset's documents.

    Attributes:
        kinds: Of the vocabulary's ids.
        languages: Language to counts; empty where it is not known.
        pieces: int64[vocabulary]: how often each id was used.
    """

    kinds: PieceKinds
    languages: dict[str, Encoded] = field(default_factory=dict)
    pieces: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.pieces = np.zeros(len(self.kinds.by_id), np.int64)

    def add(self, tokens: Tokens, texts: pa.Array, languages: pa.Array) -> int:
        """Count a batch.

        Args:
            tokens: The encoded documents.
            texts: large_string[documents]: what was encoded.
            languages: string[documents], with nulls.

        Returns:
            UTF-8 bytes of the batch.
        """
        if len(texts) == 0:
            return 0
        encoded = pc.fill_null(languages, "").dictionary_encode()
        names, codes = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
        text_bytes = np.diff(text_offsets(texts))
        counts = np.zeros((len(names), 2 + _NUM_KINDS), np.int64)
        np.add.at(counts[:, 0], codes, 1)
        np.add.at(counts[:, 1], codes, text_bytes)
        kinds = counts[:, 2:]
        _count(tokens.ids, tokens.offsets, codes, self.kinds.by_id, self.pieces, kinds)
        kinds[:, _PLAIN] = kinds.sum(1)  # where plain ones were, there are all from here on
        for name, found in zip(names, counts.tolist(), strict=True):
            self.languages[name] = self.languages.get(name, Encoded()) + Encoded(*found)
        return int(text_bytes.sum())

    def as_facts(self) -> dict[str, dict[str, int]]:
        """The counts by language, for a unit's facts."""
        return {name: dict(vars(found)) for name, found in sorted(self.languages.items())}


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(ids: Any, offsets: Any, codes: Any, by_id: Any, pieces: Any, kinds: Any) -> None:
    """Add to pieces[id], and to kinds[language, kind]."""
    for document in range(len(codes)):
        code = codes[document]
        for at in range(offsets[document], offsets[document + 1]):
            number = ids[at]
            pieces[number] += 1
            kinds[code, by_id[number]] += 1
