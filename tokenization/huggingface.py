"""Hugging Face's `tokenizer.json` files, through the `tokenizers` package."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from haybale.corpus.digests import digest
from haybale.corpus.errors import RecipeError
from haybale.tokenization.tokenizer import Tokens, gather_ids

EOS_NAMES = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eot_id|>", "[SEP]")
"""Pieces that end a document, first match taken: of GPT-2, Llama 3, Llama 2, Gemma, BERT."""
BOS_NAMES = ("<|begin_of_text|>", "<s>", "<bos>", "[CLS]")
UNK_NAMES = ("<unk>", "[UNK]")


class HuggingFaceTokenizer:
    """Encodes with a `tokenizer.json`; see `haybale.tokenization.tokenizer.Tokenizer`.

    The ids are those of `tokenizers.Tokenizer.encode` without special tokens, EOS behind them.
    Truncation and padding, which such a file may ask for, are switched off. Names of special
    tokens that stand in a text (`<|endoftext|>`) are text like any other.

    Args:
        model: The file's bytes.

    Raises:
        RecipeError: If they are no such file, or have no piece that ends a document.
    """

    def __init__(self, model: bytes) -> None:
        import tokenizers

        try:
            self._tokenizer = tokenizers.Tokenizer.from_buffer(model)
        except Exception as error:
            raise RecipeError(
                f"expected a SentencePiece model (*.model) or a tokenizer.json, found neither: "
                f"{error}"
            ) from None
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        self.kind, self.encoded_by = "huggingface", "tokenizers"
        self.digest = digest(model)
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        self.vocabulary_size = max(vocabulary.values()) + 1
        raw = json.loads(model)
        special = {token["content"] for token in raw.get("added_tokens", []) if token["special"]}
        self.eos_id = _first(EOS_NAMES, vocabulary, special)
        self.bos_id = _first(BOS_NAMES, vocabulary, special)
        self.unk_id = _first((raw["model"].get("unk_token"), *UNK_NAMES), vocabulary, None)
        if self.eos_id < 0:
            raise RecipeError(
                "the tokenizer.json has no special token that ends a document, and every document "
                f"of a shard ends with one; expected one of {', '.join(EOS_NAMES)}"
            )
        has_bytes = raw["model"].get("byte_fallback")
        bytes_of = (f"<0x{byte:02X}>" for byte in range(256 if has_bytes else 0))
        self.byte_ids = np.array(sorted(vocabulary[name] for name in bytes_of), np.int64)

    def encode(self, texts: pa.Array) -> Tokens:
        """Encode every text, EOS at its end.

        Args:
            texts: large_string[documents].
        """
        found = self._tokenizer.encode_batch_fast(texts.to_pylist(), add_special_tokens=False)
        return gather_ids([one.ids for one in found], self.eos_id, self.vocabulary_size)

    def decode(self, ids: npt.NDArray[Any] | list[int]) -> str:
        """Ids to text; special tokens give nothing."""
        return str(self._tokenizer.decode([int(number) for number in ids]))

    def piece(self, number: int) -> str:
        """The piece of an id, as the file spells it."""
        return str(self._tokenizer.id_to_token(number))


def _first(
    names: tuple[str | None, ...], vocabulary: dict[str, int], among: set[str] | None
) -> int:
    """The id of the first name that the vocabulary has (and that is special); -1 for none."""
    for name in names:
        if name in vocabulary and (among is None or name in among):
            return vocabulary[name]
    return -1
