"""What every kind of tokenizer gives: a batch of text to a batch of ids, and back."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.storage import Folder
from haybale.corpus.tokenizer_file import is_tokenizer_json, tokenizer_path


@dataclass(frozen=True)
class Tokens:
    """Encoded documents.

    Attributes:
        offsets: int64[documents + 1] into `ids`.
        ids: uint16 or uint32[tokens]; each document ends with EOS.
    """

    offsets: npt.NDArray[np.int64]
    ids: npt.NDArray[Any]


class Tokenizer(Protocol):
    """A loaded tokenizer.

    Attributes:
        kind: `sentencepiece` or `huggingface`.
        digest: xxh3-128 of the model file.
        vocabulary_size: Ids are below it.
        bos_id: Begin of sequence; -1 where there is none.
        eos_id: The id that ends every document.
        unk_id: The unknown piece; -1 where there is none.
        byte_ids: int64[0 to 256]: ids that stand for a single byte of what has no piece.
    """

    kind: str
    digest: str
    vocabulary_size: int
    bos_id: int
    eos_id: int
    unk_id: int
    byte_ids: npt.NDArray[np.int64]

    @property
    def encoded_by(self) -> str:
        """What makes the ids: `spans` of the text, or a package as a whole, and why."""

    def encode(self, texts: pa.Array) -> Tokens:
        """Encode every text of large_string[documents], EOS at its end."""

    def decode(self, ids: npt.NDArray[Any] | list[int]) -> str:
        """Ids to text; control ids such as EOS give nothing."""

    def piece(self, number: int) -> str:
        """The piece of an id, as the model spells it."""


def gather_ids(pieces: list[Any], eos_id: int, vocabulary_size: int) -> Tokens:
    """Ids of documents one after the other, EOS behind each.

    Args:
        pieces: Of each document its ids: an array or a list.
        eos_id: The id that ends every document.
        vocabulary_size: Decides on the type.
    """
    lengths = np.fromiter((len(piece) + 1 for piece in pieces), np.int64, len(pieces))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.empty(int(offsets[-1]), id_dtype(vocabulary_size))
    ids[offsets[1:] - 1] = eos_id
    for start, piece in zip(offsets[:-1].tolist(), pieces, strict=True):
        ids[start : start + len(piece)] = piece
    return Tokens(offsets, ids)


def id_dtype(vocabulary_size: int) -> np.dtype[Any]:
    """uint16 where every id fits, else uint32."""
    return np.dtype(np.uint16 if vocabulary_size <= 1 << 16 else np.uint32)


def load_tokenizer(model: bytes) -> Tokenizer:
    """A tokenizer from the bytes of its file: a SentencePiece model, or a `tokenizer.json`.

    Raises:
        RecipeError: If they are neither, or have no piece that ends a document.
    """
    if is_tokenizer_json(model):
        from haybale.tokenization.huggingface import HuggingFaceTokenizer

        return HuggingFaceTokenizer(model)
    from haybale.tokenization.encode import SentencePieceTokenizer

    return SentencePieceTokenizer(model)


def read_tokenizer(folder: Folder) -> Tokenizer:
    """The tokenizer of a corpus.

    Raises:
        CorruptShardError: If its file is missing.
    """
    return load_tokenizer(folder.read(tokenizer_path(folder)))
