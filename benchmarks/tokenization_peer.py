"""Runs in the peers' environment: CPU seconds of tiktoken, tokenizers and kitoken over texts.

python tokenization_peer.py FOLDER

FOLDER holds texts.json, sample.json and, for unigram and bpe, KIND.model and KIND.json (its pieces
and scores). tiktoken and tokenizers learn a byte-level BPE of the same size from the sample, split
by the expression of tiktoken's cl100k_base.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tiktoken
from kitoken import Kitoken
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

ROWS, REPEATS, VOCABULARY = 500, 3, 32_000
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def learned(sample: list[str]) -> Tokenizer:
    """A byte-level BPE as GPT-4's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample, trainer)
    return tokenizer


def as_tiktoken(tokenizer: Tokenizer) -> tiktoken.Encoding:
    """The same merges."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    bytes_of = {chr(byte): byte for byte in printable}
    bytes_of |= {chr(256 + at): byte for at, byte in enumerate(others)}
    by_id = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    ranks = {bytes(bytes_of[char] for char in piece): rank for piece, rank in by_id}
    return tiktoken.Encoding("learned", pat_str=SPLIT, mergeable_ranks=ranks, special_tokens={})


def as_unigram(pieces: list[tuple[str, float]]) -> Tokenizer:
    """Our unigram model."""
    tokenizer = Tokenizer(models.Unigram([tuple(one) for one in pieces], 0, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    tokenizer.decoder = decoders.ByteFallback()
    return tokenizer


def seconds_of(run: Callable[[list[str]], object], batches: list[list[str]]) -> float:
    found = []
    for _ in range(REPEATS + 1):
        start = time.process_time()
        for batch in batches:
            run(batch)
        found.append(time.process_time() - start)
    return statistics.median(found[1:])


def main() -> None:
    folder = Path(sys.argv[1])
    texts = json.loads((folder / "texts.json").read_text())
    batches = [texts[at : at + ROWS] for at in range(0, len(texts), ROWS)]
    byte_level = learned(json.loads((folder / "sample.json").read_text()))
    encoding = as_tiktoken(byte_level)
    unigram = as_unigram(json.loads((folder / "unigram.json").read_text()))
    runs: dict[str, Callable[[list[str]], object]] = {
        "tiktoken, byte-level BPE": lambda batch: [encoding.encode_ordinary(x) for x in batch],
        "tokenizers, byte-level BPE": lambda batch: byte_level.encode_batch_fast(batch),
        "tokenizers, our unigram": lambda batch: unigram.encode_batch_fast(batch),
    }
    for kind in ("unigram", "bpe"):
        encoder = Kitoken.from_sentencepiece(bytes((folder / f"{kind}.model").read_bytes()))
        runs[f"kitoken, our {kind}"] = lambda batch, e=encoder: e.encode_all(batch)
    print(json.dumps({what: seconds_of(run, batches) for what, run in runs.items()}))


if __name__ == "__main__":
    main()
