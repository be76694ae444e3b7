"""Learns a SentencePiece vocabulary; the same texts give the same model, byte for byte.

White space, newlines and everything else come back exactly from decoding: identity normalisation,
no dummy prefix, no white space removed, and bytes for what has no piece (U+2581, SentencePiece's
own escape for a space, is the one exception: it comes back as a space).
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from haybale.corpus.errors import RecipeError
from haybale.tokenization.sentences import MAX_SENTENCE_BYTES, Witness, cut_sentences

NUM_THREADS = 2
"""Pinned: how many threads add up the expected counts changes almost every score."""

UNK_ID, BOS_ID, EOS_ID = 0, 1, 2


@dataclass(frozen=True)
class TokenizerTraining:
    """What to learn, and from how much; defaults as Chinchilla (arXiv 2203.15556, section 4.1).

    Attributes:
        kind: Unigram language model or byte-pair encoding.
        vocabulary_size: Pieces, bytes and special ones included.
        sample_bytes: Size of the sample of survivors that is learned from.
        max_document_bytes: No document gives more than this to the sample.
        max_language_fraction: No language gives more than this share of what its subset may give;
            others of the subset take its place. Texts of no known language count as one. Absent:
            any share.
        normalization: `identity`, or `nfkc` as Gopher had it (Chinchilla dropped it; with it,
            decoding no longer gives the text back).
    """

    kind: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = 32_000
    sample_bytes: int = 20_000_000
    max_document_bytes: int = 200_000
    max_language_fraction: float | None = None
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
        share = self.max_language_fraction
        if share is not None and not 0 < share < 1:
            raise RecipeError(
                f"max_language_fraction: expected a number in (0, 1), found {share}; leave it out "
                "where any share will do"
            )


def train(texts: Iterable[str], settings: TokenizerTraining) -> bytes:
    """Learn a model.

    Args:
        texts: The sample, in a fixed order.
        settings: What to learn.

    Returns:
        A SentencePiece model with ids unknown 0, begin 1, end 2, no padding, then 256 bytes.

    Raises:
        RecipeError: If the sample is empty, does not support so large a vocabulary, or has more
            characters than it.
        HaybaleError: If SentencePiece skipped or shortened a sentence.
    """
    import sentencepiece

    sentences = list(cut_sentences(texts))
    if not sentences:
        raise RecipeError("the tokenizer's sample holds no text to learn from")
    model, witness = io.BytesIO(), Witness()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            pretokenizer=witness,
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
    witness.check(sentences, normalized=settings.normalization != "identity")
    return model.getvalue()


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
    reason = str(error).rpartition("] ")[2].strip() or str(error)
    return RecipeError(f"the tokenizer cannot be trained on {found}: {reason}")
