"""A batch of text to a batch of token ids, the same as SentencePiece's own for every document."""

import itertools
import re
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.digests import digest
from haybale.corpus.documents import text_data, text_offsets
from haybale.corpus.errors import RecipeError
from haybale.tokenization.piece_model import BYTE, SPACE, PieceModel, read_piece_model
from haybale.tokenization.spans import COUNTS, SpanEncoder, is_separable
from haybale.tokenization.tokenizer import Tokens, gather_ids, id_dtype
from haybale.tokenization.unigram import RESET_SCORE

_ESCAPE = re.compile(re.escape(SPACE))
_TRIAL_BYTES = 1 << 17
_TRIAL_SCORE = 2.5 * RESET_SCORE  # so that the sum of scores passes it, and is reset


class SentencePieceTokenizer:
    """Encodes with a SentencePiece model; see `haybale.tokenization.tokenizer.Tokenizer`.

    Text is encoded span by span where the model allows it (`haybale.tokenization.spans`), by
    SentencePiece itself where not. Either way the ids are those of
    `SentencePieceProcessor.encode`; a text made of the model's own pieces is tried before the
    first other one, and a version of SentencePiece that computes otherwise is left to do all the
    work. Who only decodes pays for nothing of this.

    Args:
        model: The model file's bytes.
        by_spans: False: leave all to SentencePiece.

    Attributes:
        counts: What was done so far: `documents`, `plain_documents` (by SentencePiece itself),
            `spans`, `encoded` and `in_context` (see `haybale.tokenization.spans.COUNTS`).

    Raises:
        RecipeError: If they are no SentencePiece model, or one without an end-of-sequence id.
    """

    def __init__(self, model: bytes, *, by_spans: bool = True) -> None:
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
        self._model = read_piece_model(model)
        self.byte_ids = self._model.ids_of(BYTE)
        self._num_documents = self._num_plain = 0
        self._by_spans = by_spans

    @cached_property
    def _path(self) -> tuple[SpanEncoder | None, str | None]:
        """What encodes by spans, if that is sure to give the same ids; else why not."""
        if not self._by_spans:
            return None, "asked to"
        if not is_separable(self._model):
            return None, "the model's pieces are not looked for span by span"
        spans = SpanEncoder(self._model, self.eos_id)
        rows = pa.array([trial_text(self._model)], pa.large_string())
        if not np.array_equal(self._encode_by(spans, rows).ids, self._encode_plainly(rows).ids):
            return None, "this version of SentencePiece segments otherwise"
        spans.forget()
        return spans, None

    @property
    def plain_because(self) -> str | None:
        """Why all is left to SentencePiece; None where it is not."""
        return self._path[1]

    @property
    def encoded_by(self) -> str:
        """What makes the ids: `spans`, or `sentencepiece` and why."""
        return f"sentencepiece: {self.plain_because}" if self.plain_because else "spans"

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint16 where every id fits, else uint32."""
        return id_dtype(self.vocabulary_size)

    @property
    def counts(self) -> dict[str, int]:
        """What was done so far."""
        spans, _ = self._path
        counted = [0] * len(COUNTS) if spans is None else spans.counts.tolist()
        done = {"documents": self._num_documents, "plain_documents": self._num_plain}
        return done | dict(zip(COUNTS, counted, strict=True))

    def encode(self, texts: pa.Array) -> Tokens:
        """Encode every text, EOS at its end.

        Args:
            texts: large_string[documents] without nulls.

        Raises:
            ValueError: If a text is no UTF-8, which Arrow does not check by itself.
        """
        texts.validate(full=True)
        self._num_documents += len(texts)
        spans, _ = self._path
        if spans is not None:
            return self._encode_by(spans, texts)
        self._num_plain += len(texts)
        return self._encode_plainly(texts)

    def _encode_by(self, spans: SpanEncoder, texts: pa.Array) -> Tokens:
        normalised = self._normalise(texts)
        offsets, ids = spans.encode(text_data(normalised), text_offsets(normalised))
        return Tokens(offsets, ids.astype(self.dtype))

    def _normalise(self, texts: pa.Array) -> pa.Array:
        """Texts as the model's pieces are looked for in, with a space for each U+2581."""
        if not self._model.is_identity:
            normalise = self._processor.normalize
            texts = pa.array([normalise(text) for text in texts.to_pylist()], pa.large_string())
        edges = text_offsets(texts)
        # Searched as bytes: six times as quick as Arrow's search, text by text.
        if _ESCAPE.search(text_data(texts)[edges[0] : edges[-1]].data):
            texts = pc.replace_substring(texts, SPACE.decode(), " ")
        return texts

    def _encode_plainly(self, texts: pa.Array) -> Tokens:
        """One call a document: it hands the ids over as an array, not as Python integers."""
        edges = text_offsets(texts).tolist()
        data = memoryview(text_data(texts))  # type: ignore[arg-type]
        encode = self._processor.EncodeAsNumpy
        pieces = [
            encode(str(data[start:stop], "utf-8")) for start, stop in itertools.pairwise(edges)
        ]
        return gather_ids(pieces, self.eos_id, self.vocabulary_size)

    def decode(self, ids: npt.NDArray[Any] | list[int]) -> str:
        """Ids to text; control ids such as EOS give nothing."""
        return str(self._processor.decode([int(number) for number in ids]))

    def scored_pieces(self) -> list[tuple[str, float]]:
        """Every piece and its score, by id: what another implementation needs of the model."""
        scores = self._model.scores.tolist()
        return [(self.piece(number), score) for number, score in enumerate(scores)]

    def piece(self, number: int) -> str:
        """The piece of an id, spaces escaped as U+2581."""
        return str(self._processor.id_to_piece(number))


def trial_text(model: PieceModel) -> str:
    """A text that meets many of a model's pieces, side by side and apart, and is long."""
    found: list[str] = []
    num_bytes, score, number = 0, 0.0, 0
    while num_bytes < _TRIAL_BYTES or (score < _TRIAL_SCORE and num_bytes < 8 * _TRIAL_BYTES):
        at = number * 7919 % len(model.pieces)  # a prime: neighbours are far apart in the model
        piece = model.pieces[at].decode("utf-8", "replace")
        found.append(piece if number % 3 else piece + "\n")
        num_bytes += len(piece) + 1
        score += abs(float(model.scores[at]))
        number += 1
    return "".join(found).replace("\u2581", " ")
