"""Text to token ids: megabytes per core-second beside SentencePiece, tiktoken and others.

Vocabularies of 32,000 are learned here from a sample of the text, each by its owner's trainer. Of
every peer the fastest call for a batch is taken. Our ids and SentencePiece's are
compared, document by document. Text of HAYBALE_DATA where there is some, else of Python's library.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import sentencepiece
from peers import peer_python
from samples import BATCH_BYTES, REPEATS, library_text, spread_sample

from haybale.corpus.documents import text_data, text_offsets
from haybale.tokenization.encode import SentencePieceTokenizer
from haybale.tokenization.piece_model import read_piece_model
from haybale.tokenization.span_cache import NUM_SLOTS
from haybale.tokenization.spans import SpanEncoder
from haybale.tokenization.train import TokenizerTraining, train

PEERS = ("tiktoken==0.14.0", "tokenizers==0.23.3", "kitoken==0.11.1")
SOURCES = ("massiveweb", "news", "wikipedia", "books", "github", "multilingual")
VOCABULARY, SAMPLE_BYTES = 32_000, 8_000_000
UNBROKEN_BYTES = 2_000_000
Batches = list[pa.Array]


def real_texts() -> dict[str, list[str]]:
    """Documents of each source, whole."""
    import orjson
    import zstandard

    found: dict[str, list[str]] = {}
    for source in SOURCES:
        for path in sorted(Path(os.environ["HAYBALE_DATA"], source).glob("*.jsonl.zst")):
            with path.open("rb") as file:
                lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
            found.setdefault(source, []).extend(orjson.loads(line)["text"] for line in lines)
    return found


def batches_of(texts: list[str]) -> Batches:
    whole = pa.array(texts, pa.large_string())
    rows = max(1, round(len(texts) * BATCH_BYTES / whole.nbytes))
    return [whole.slice(at, rows) for at in range(0, len(texts), rows)]


def megabytes(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def seconds_of(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median CPU seconds; the run before the first one counted warms up."""
    run()
    found = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return statistics.median(found)


def causes(model: bytes, texts: list[str]) -> dict[str, float]:
    """Rates of SentencePiece, and of ours with one cause of the gain added after the other."""
    batches, size = batches_of(texts), megabytes(texts)
    lists = [batch.to_pylist() for batch in batches]
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    plain = SentencePieceTokenizer(model, by_spans=False)
    pieces = read_piece_model(model)

    def spans(encoder: SpanEncoder) -> None:
        for batch in batches:
            encoder.encode(text_data(batch), text_offsets(batch))

    def afresh() -> None:
        cached.forget()
        spans(cached)

    uncached, cached = (SpanEncoder(pieces, plain.eos_id, slots) for slots in (0, NUM_SLOTS))
    ours = SentencePieceTokenizer(model)
    seconds = {
        "SentencePiece, batch": seconds_of(lambda: [processor.encode(one) for one in lists], 3),
        "into columns": seconds_of(lambda: [plain.encode(batch) for batch in batches], 3),
        "our kernels, no cache": seconds_of(lambda: spans(uncached), 3),
        "cache, empty at first": seconds_of(afresh),
        "haybale": seconds_of(lambda: [ours.encode(batch) for batch in batches]),
    }
    return {what: size / each for what, each in seconds.items()}


def differing(model: bytes, texts: list[str]) -> int:
    """Documents whose ids are not SentencePiece's own."""
    ours, count = SentencePieceTokenizer(model), 0
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    for batch in batches_of(texts):
        tokens = ours.encode(batch)
        documents = np.split(tokens.ids, tokens.offsets[1:-1])
        for text, ids in zip(batch.to_pylist(), documents, strict=True):
            count += not np.array_equal(ids[:-1], processor.EncodeAsNumpy(text))
    return count


def ask_peers(models: dict[str, bytes], texts: list[str], sample: list[str]) -> dict[str, float]:
    """Megabytes per core-second of each peer."""
    python = peer_python("tokenizers", *PEERS)
    with tempfile.TemporaryDirectory() as folder:
        for kind, model in models.items():
            Path(folder, f"{kind}.model").write_bytes(model)
            pieces = SentencePieceTokenizer(model, by_spans=False).scored_pieces()
            Path(folder, f"{kind}.json").write_text(json.dumps(pieces))
        Path(folder, "texts.json").write_text(json.dumps(texts))
        Path(folder, "sample.json").write_text(json.dumps(sample))
        script = Path(__file__).with_name("tokenization_peer.py")
        answer = subprocess.run(
            [python, script, folder], check=True, capture_output=True, text=True
        ).stdout
    size = megabytes(texts)
    return {what: size / seconds for what, seconds in json.loads(answer).items()}


def table(title: str, rates: dict[str, float]) -> None:
    print(f"\n{title:44} {'MB/core-s':>10} {'ours is':>9}")
    for what, rate in rates.items():
        print(f"  {what:42} {rate:10.1f} {rates['haybale'] / rate:8.2f}x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=40.0, help="size of the text")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = real_texts() if os.environ.get("HAYBALE_DATA") else {"library": library_text()}
    whole = [text for texts in found.values() for text in texts]
    sample = [text[:50_000] for text in spread_sample(whole, SAMPLE_BYTES)]
    models = {
        kind: train(sample, TokenizerTraining(kind=kind, vocabulary_size=VOCABULARY))
        for kind in ("unigram", "bpe")
    }
    texts = spread_sample(whole, int(args.megabytes * 1e6))
    print(f"{len(texts)} documents, {megabytes(texts):.1f} MB, one core, {VOCABULARY} pieces")
    rates = {}
    for kind, model in models.items():
        wrong = differing(model, texts)
        rates[kind] = causes(model, texts)
        table(f"{kind}, {wrong} documents differ", rates[kind])
    for source, some in found.items():
        part = spread_sample(some, int(args.megabytes * 1e6 / 3))
        for kind, model in models.items():
            each = causes(model, part)
            table(f"{source}, {kind}", each)
    unbroken = ["".join(random.Random(0).choices("ab", k=UNBROKEN_BYTES))]
    for kind, model in models.items():
        table(
            f"{UNBROKEN_BYTES / 1e6:.0f} MB of a and b, one span, {kind}", causes(model, unbroken)
        )
    peers = ask_peers(models, texts, sample)
    slowest = min(rate["haybale"] for rate in rates.values())
    table("peers; ours is our slower kind", peers | {"haybale": slowest})
    ours, peer = rates["unigram"]["haybale"], rates["unigram"]["SentencePiece, batch"]
    print()
    print(
        json.dumps(
            {
                "name": "tokenization",
                "ours": round(ours, 1),
                "peer": round(peer, 1),
                "unit": "MB of text per core-second, unigram of 32,000 pieces",
                "ratio": round(ours / peer, 2),
                "peer_version": f"sentencepiece {sentencepiece.__version__}",
                "others": {what: round(rate, 1) for what, rate in peers.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
