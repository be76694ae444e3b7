"""Learns a SentencePiece vocabulary; the same texts give the same model, byte for byte.

White space, newlines and everything else come back exactly from decoding: identity normalisation,
no dummy prefix, no white space removed, and bytes for what has no piece (U+2581, SentencePiece's
own escape for a space, is the one exception: it comes back as a space).
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from haybale.corpus.errors import RecipeError

NUM_THREADS = 2
"""Pinned: how many threads add up the expected counts changes almost every score."""

MAX_SENTENCE_BYTES = 4192
"""SentencePiece's default limit; a longer sentence is skipped, so lines are cut below it."""

UNK_ID, BOS_ID, EOS_ID = 0, 1, 2


@dataclass(frozen=True)
class TokenizerTraining:
    """What to learn, and from how much; defaults as Chinchilla (arXiv 2203.15556, section 4.1).

    Attributes:
        kind: Unigram language model or byte-pair encoding.
        vocabulary_size: Pieces, bytes and special ones included.
        sample_bytes: Size of the sample of survivors that is learned from.
        max_document_bytes: No document gives more than this to the sample.
        normalization: `identity`, or `nfkc` as Gopher had it (Chinchilla dropped it; with it,
            decoding no longer gives the text back).
    """

    kind: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = 32_000
    sample_bytes: int = 20_000_000
    max_document_bytes: int = 200_000
    normalization: Literal["identity", "nfkc"] = "identity"

    def __post_init__(self) -> None:
        if not 260 <= self.vocabulary_size <= 1 << 20:
            raise RecipeError(
                "vocabulary_size: expected 260 (256 bytes, 3 special pieces and one more) to "
                f"1,048,576, found {self.vocabulary_size}"
            )
        if self.sample_bytes < 1:
            raise RecipeError(f"sample_bytes: expected at least 1, found {self.sample_bytes}")
        if self.max_document_bytes < 1:
            raise RecipeError(
                f"max_document_bytes: expected at least 1, found {self.max_document_bytes}"
            )


def train(texts: Iterable[str], settings: TokenizerTraining) -> bytes:
    """Learn a model.

    Args:
        texts: The sample, in a fixed order.
        settings: What to learn.

    Returns:
        A SentencePiece model with ids unknown 0, begin 1, end 2, no padding, then 256 bytes.

    Raises:
        RecipeError: If the sample is empty or does not support so large a vocabulary.
    """
    import sentencepiece

    sentences = list(cut_sentences(texts))
    if not sentences:
        raise RecipeError("the tokenizer's sample holds no text to learn from")
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type=settings.kind,
            vocab_size=settings.vocabulary_size,
            normalization_rule_name=settings.normalization,
            byte_fallback=True,
            split_digits=True,
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            max_sentence_length=MAX_SENTENCE_BYTES,
            num_threads=NUM_THREADS,
            unk_id=UNK_ID,
            bos_id=BOS_ID,
            eos_id=EOS_ID,
            pad_id=-1,
            minloglevel=2,
        )
    except RuntimeError as error:
        raise _explained(error, settings, sentences) from None
    return model.getvalue()


def cut_sentences(texts: Iterable[str]) -> Iterator[str]:
    """Lines without their newline, longer ones in pieces that SentencePiece takes whole.

    Newlines are left to the byte pieces; NUL ends a sentence, because the trainer takes none.
    """
    for text in texts:
        for line in re.split(r"[\n\0]", text):
            encoded = line.encode("utf-8")
            while len(encoded) > MAX_SENTENCE_BYTES:
                piece = encoded[:MAX_SENTENCE_BYTES].decode("utf-8", "ignore")
                yield piece
                encoded = encoded[len(piece.encode("utf-8")) :]
            if encoded:
                yield encoded.decode("utf-8")


def _explained(
    error: RuntimeError, settings: TokenizerTraining, sentences: list[str]
) -> RecipeError:
    num_bytes = sum(len(sentence.encode()) for sentence in sentences)
    found = f"the sample of {num_bytes:,} bytes"
    wanted = f"tokenizer.train.vocabulary_size = {settings.vocabulary_size}"
    if most := re.search(r"value <= (\d+)", str(error)):
        return RecipeError(
            f"{wanted}: {found} supports {most.group(1)} pieces at most; ask for fewer, or give "
            "more text or a larger sample_bytes"
        )
    if least := re.search(r"required_chars\. \d+ vs (\d+)", str(error)):
        return RecipeError(
            f"{wanted}: {found} needs {least.group(1)} pieces for its characters alone; "
            "ask for more"
        )
    return RecipeError(f"the tokenizer cannot be trained on {found}: {error}")
