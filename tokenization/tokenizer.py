"""What every kind of tokenizer gives: a batch of text to a batch of ids, and back."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.storage import Folder

SENTENCEPIECE_PATH = "tokenizer/tokenizer.model"
HUGGINGFACE_PATH = "tokenizer/tokenizer.json"


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
        encoded_by: What makes the ids: `spans` of the text, or a package as a whole, and why.
    """

    kind: str
    digest: str
    vocabulary_size: int
    bos_id: int
    eos_id: int
    unk_id: int
    byte_ids: npt.NDArray[np.int64]
    encoded_by: str

    def encode(self, texts: pa.Array) -> Tokens:
        """Encode every text of large_string[documents], EOS at its end."""

    def decode(self, ids: npt.NDArray[Any] | list[int]) -> str:
        """Ids to text; control ids such as EOS give nothing."""

    def piece(self, number: int) -> str:
        """The piece of an id, as the model spells it."""


def id_dtype(vocabulary_size: int) -> np.dtype[Any]:
    """uint16 where every id fits, else uint32."""
    return np.dtype(np.uint16 if vocabulary_size <= 1 << 16 else np.uint32)


def load_tokenizer(model: bytes) -> Tokenizer:
    """A tokenizer from the bytes of its file: a SentencePiece model, or a `tokenizer.json`.

    Raises:
        RecipeError: If they are neither, or have no piece that ends a document.
    """
    if model.lstrip()[:1] == b"{":
        from haybale.tokenization.huggingface import HuggingFaceTokenizer

        return HuggingFaceTokenizer(model)
    from haybale.tokenization.encode import SentencePieceTokenizer

    return SentencePieceTokenizer(model)


def tokenizer_path(folder: Folder) -> str:
    """Where a corpus keeps its tokenizer; a corpus has one."""
    return SENTENCEPIECE_PATH if folder.exists(SENTENCEPIECE_PATH) else HUGGINGFACE_PATH


def read_tokenizer(folder: Folder) -> Tokenizer:
    """The tokenizer of a corpus.

    Raises:
        CorruptShardError: If its file is missing.
    """
    return load_tokenizer(folder.read(tokenizer_path(folder)))
