"""A batch of text to a batch of token ids, the same as SentencePiece's own for every document."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import digest
from haybale.corpus.documents import text_data, text_offsets
from haybale.corpus.errors import RecipeError
from haybale.tokenization.tokenizer import Tokens, id_dtype


class SentencePieceTokenizer:
    """Encodes with a SentencePiece model; see `haybale.tokenization.tokenizer.Tokenizer`.

    Args:
        model: The model file's bytes.

    Raises:
        RecipeError: If they are no SentencePiece model, or one without an end-of-sequence id.
    """

    def __init__(self, model: bytes) -> None:
        import sentencepiece

        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            valid = self._processor.LoadFromSerializedProto(model)
        except RuntimeError:
            valid = False
        if not valid or not self._processor.get_piece_size():
            raise RecipeError(
                "expected a SentencePiece model (*.model) or a tokenizer.json, found neither"
            )
        self.kind = "sentencepiece"
        self.digest = digest(model)
        self.vocabulary_size = int(self._processor.get_piece_size())
        self.unk_id = int(self._processor.unk_id())
        self.bos_id = int(self._processor.bos_id())
        self.eos_id = int(self._processor.eos_id())
        if self.eos_id < 0:
            raise RecipeError(
                "the SentencePiece model has no end-of-sequence piece, and every document of a "
                "shard ends with one; train it with eos_id >= 0"
            )
        is_byte = (self._processor.is_byte(number) for number in range(self.vocabulary_size))
        self.byte_ids = np.flatnonzero(np.fromiter(is_byte, bool, self.vocabulary_size))

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint16 where every id fits, else uint32."""
        return id_dtype(self.vocabulary_size)

    def encode(self, texts: pa.Array) -> Tokens:
        """Encode every text, EOS at its end.

        One call a document: it hands the ids over as an array, 35 MB/s on one core, where a list of
        texts gives 27 and lists of Python integers 23.

        Args:
            texts: large_string[documents].
        """
        edges = text_offsets(texts).tolist()
        data = memoryview(text_data(texts))  # type: ignore[arg-type]
        encode = self._processor.EncodeAsNumpy
        pieces: list[npt.NDArray[np.int32]] = []
        for row in range(len(texts)):
            pieces.append(encode(str(data[edges[row] : edges[row + 1]], "utf-8")))
        lengths = np.fromiter((len(piece) + 1 for piece in pieces), np.int64, len(pieces))
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        ids = np.empty(int(offsets[-1]), self.dtype)
        ids[offsets[1:] - 1] = self.eos_id
        for start, piece in zip(offsets[:-1].tolist(), pieces, strict=True):
            ids[start : start + len(piece)] = piece
        return Tokens(offsets, ids)

    def decode(self, ids: npt.NDArray[Any] | list[int]) -> str:
        """Ids to text; control ids such as EOS give nothing."""
        return str(self._processor.decode([int(number) for number in ids]))

    def scored_pieces(self) -> list[tuple[str, float]]:
        """Every piece and its score, by id: what another implementation needs of the model."""
        processor = self._processor
        return [
            (str(processor.id_to_piece(number)), float(processor.get_score(number)))
            for number in range(self.vocabulary_size)
        ]

    def piece(self, number: int) -> str:
        """The piece of an id, spaces escaped as U+2581."""
        return str(self._processor.id_to_piece(number))
