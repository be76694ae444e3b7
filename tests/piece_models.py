"""Small models of every kind, learned from made-up prose or bent from such a one."""

import io
import random
from functools import cache
from typing import Any

import numpy as np
import sentencepiece

from haybale.tokenization.piece_model import BYTE, CONTROL, NORMAL, UNKNOWN, message_class

WORDS = [f"{a}{b}{c}" for a in "bcdfg" for b in "aeiou" for c in ("n", "st", "rk 1", "é-")]
LOSSLESS: dict[str, Any] = {
    "add_dummy_prefix": False,
    "remove_extra_whitespaces": False,
    "allow_whitespace_only_pieces": True,
    "normalization_rule_name": "identity",
    "byte_fallback": True,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "lossless": LOSSLESS,
    "defaults": {},  # NFKC, a space in front, runs of spaces as one, no bytes
    "nfkc": LOSSLESS | {"normalization_rule_name": "nfkc"},
    "folded": LOSSLESS | {"normalization_rule_name": "nmt_nfkc_cf"},
    "no bytes": LOSSLESS | {"byte_fallback": False},
    "inner spaces": LOSSLESS | {"split_by_whitespace": False},
    "own symbols": LOSSLESS | {"user_defined_symbols": ["<sep>", "\n\n", "  ", "ban ban"]},
    "spaces behind": {"treat_whitespace_as_suffix": True, "byte_fallback": True},
}


def prose(seed: int, num_words: int) -> str:
    rng = random.Random(seed)
    return "".join(
        rng.choice(WORDS) + rng.choice([" ", " ", " ", "\n", ", ", "  "]) for _ in range(num_words)
    )


def two_letters(seed: int, num_letters: int) -> str:
    """One span however long, in which merges compete everywhere."""
    return "".join(random.Random(seed).choices("ab", k=num_letters))


@cache
def learn(kind: str, name: str = "lossless", text: str = "") -> bytes:
    """A model from prose, or from a text."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter((text or prose(0, 5000)).split("\n")),
        model_writer=model,
        model_type=kind,
        vocab_size=400 if SETTINGS[name].get("byte_fallback") else 130,
        hard_vocab_limit=False,
        num_threads=2,
        minloglevel=2,
        **SETTINGS[name],
    )
    return model.getvalue()


def with_scores(model: bytes, change: Any) -> bytes:
    """The model with other scores of its normal pieces.

    Args:
        model: A model.
        change: From float64[pieces] of scores and the numbers of characters to other scores.
    """
    message = message_class()()
    message.ParseFromString(model)
    normal = [piece for piece in message.pieces if piece.type == NORMAL]
    lengths = np.array([len(piece.piece.decode()) for piece in normal])
    scores = change(np.array([piece.score for piece in normal], np.float64), lengths)
    for piece, score in zip(normal, scores, strict=True):
        piece.score = float(np.float32(score))
    return bytes(message.SerializeToString())


Piece = tuple[bytes, float, int]
LETTERS: list[Piece] = [(bytes([letter]), -1.0, NORMAL) for letter in b"abcd"]


def assemble(kind: int, pieces: list[Piece], *, has_unknown: bool = True) -> bytes:
    """A lossless model with bytes, of these pieces: their bytes, scores and types."""
    message = message_class()()
    special = [(b"<unk>", 0.0, UNKNOWN)] if has_unknown else []
    end = (b"</s>", 0.0, CONTROL)
    single = [(f"<0x{byte:02X}>".encode(), 0.0, BYTE) for byte in range(256)]
    for content, score, type_ in [*special, end, *single, *pieces]:
        message.pieces.add(piece=content, score=score, type=type_)
    message.trainer_spec.model_type, message.trainer_spec.byte_fallback = kind, True
    message.normalizer_spec.add_dummy_prefix = False
    message.normalizer_spec.remove_extra_whitespaces = False
    return bytes(message.SerializeToString())


def byte_level(special: tuple[str, ...] = ("<|endoftext|>",), size: int = 400) -> Any:
    """A byte-level BPE of Hugging Face's package."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([prose(0, 2000)], trainer)
    return tokenizer
